/** The product without its doors, on an empty database, and a bot in it that has learnt a set. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveBot } from '../server/src/bots/bots.ts'
import { readConfig } from '../server/src/config.ts'
import { chunk } from '../server/src/ingest/chunk.ts'
import { calibrate, indexPage } from '../server/src/knowledge/knowledge.ts'
import { migrateDb } from '../server/src/platform/db/migrate.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../server/src/platform/id.ts'
import { silentLog } from '../server/src/platform/log.ts'
import type { EmbeddingModel } from '../server/src/platform/models/models.ts'
import { openPorts, type Ports } from '../server/src/ports.ts'
import { pages, sources } from '../server/src/sources/tables.ts'
import { saveWorkspace } from '../server/src/workspaces/workspaces.ts'
import { createDatabase } from '../server/testing/database.ts'
import type { RetrievalSet } from './eval-sets.ts'
import { eachOf } from './evals.ts'

export interface EvalPorts extends AsyncDisposable {
  ports: Ports
  embeddings: EmbeddingModel
}

/** Without a key, so with the built-in models. On PGlite, or on a database of its own beside the one that `serverUrl` names. */
export async function openEvalPorts(serverUrl: string | undefined): Promise<EvalPorts> {
  await using opened = new AsyncDisposableStack()
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-eval-'))
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const env: Record<string, string> = { MEVICHAT_DATA_DIR: dataDir }
  if (serverUrl) {
    const { databaseUrl, drop } = await createDatabase(serverUrl)
    opened.defer(drop)
    env.DATABASE_URL = databaseUrl
    env.MEVICHAT_SIGNING_KEY = env.MEVICHAT_ENCRYPTION_KEY = '0'.repeat(64)
  }
  const ports = opened.use(await openPorts(readConfig(env), { log: silentLog }))
  await migrateDb(ports)
  const embeddings = await ports.models.embeddingModel(null)
  const closing = opened.move()
  return { ports, embeddings, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

export interface EvalBot {
  workspaceId: WorkspaceId
  botId: BotId
  /** The set's own id of what each page holds. */
  documentOf: Map<PageId, string>
  /** Below it a question counts as unanswerable. */
  low: number
  indexSeconds: number
}

/** Enough that the model always has a text to go on with. */
const pagesAtOnce = 8

/** A bot to which each document is a page, cut and indexed as one that was fetched. */
export async function teach({ ports, embeddings }: EvalPorts, set: RetrievalSet): Promise<EvalBot> {
  const { db } = ports
  const workspaceId = await saveWorkspace(ports, { name: set.folder, plan: 'unlimited', isSuspended: false })
  const botId = await saveBot(ports, workspaceId, { name: set.name })
  const sourceId = newId<SourceId>()
  await db.insert(sources).values({ workspaceId, botId, id: sourceId, kind: 'text', title: set.name, state: 'ready' })
  const documentOf = new Map<PageId, string>()
  const began = performance.now()
  await eachOf(set.documents, pagesAtOnce, async ({ id, title, text }) => {
    const pageId = newId<PageId>()
    documentOf.set(pageId, id)
    await db
      .insert(pages)
      .values({ workspaceId, botId, sourceId, id: pageId, url: addressOf(pageId), title, state: 'indexed' })
    await indexPage({ db, embeddings }, workspaceId, botId, { pageId, title, language: null }, chunk(text))
  })
  const { low } = await calibrate({ db, embeddings }, workspaceId, botId)
  return { workspaceId, botId, documentOf, low, indexSeconds: (performance.now() - began) / 1_000 }
}

const site = 'https://documents.example/'

function addressOf(pageId: PageId): string {
  return site + pageId
}

/** The page that a citation's link leads to. */
export function pageAt(url: string | null): PageId | null {
  const address = url === null ? null : URL.parse(url)
  return address?.href.startsWith(site) ? (address.pathname.slice(1) as PageId) : null
}

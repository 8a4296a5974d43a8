/** What a test of ingestion needs: a bot, a site on loopback, an embedding model without a model, and the worker's jobs. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { saveBot } from '../src/bots/bots.ts'
import { botCalibration, type IngestPorts, sourceIngestion } from '../src/ingest/ingest.ts'
import { openReader } from '../src/ingest/reader.ts'
import { uploadedFiles } from '../src/ingest/uploaded-files.ts'
import { systemClock } from '../src/platform/clock.ts'
import type { OpenDb } from '../src/platform/db/db.ts'
import { startJobs } from '../src/platform/jobs/jobs.ts'
import { silentLog } from '../src/platform/log.ts'
import type { EmbeddingModel } from '../src/platform/models/models.ts'
import { type FetchLimits, openEgress } from '../src/platform/safe-fetch.ts'
import { calibrateBot, ingestSource, type SourceRef } from '../src/sources/sources.ts'
import { findOpenSync, type Sync } from '../src/sources/sync-rows.ts'
import { startSync } from '../src/sources/syncs.ts'
import { saveWorkspace } from '../src/workspaces/workspaces.ts'
import { hashEmbedding } from './model-server-embeddings.ts'

export const wordEmbeddings: EmbeddingModel = {
  space: { provider: 'test', model: 'words', dimensions: 64 },
  maxTokens: 8_192,
  isMultilingual: false,
  embed: async (texts) => texts.map((text) => hashEmbedding(text, 64)),
}

let made = 0

export async function makeBot(ports: Pick<OpenDb, 'db'>) {
  const workspaceId = await saveWorkspace(ports, { name: `Workspace ${++made}`, plan: 'free', isSuspended: false })
  return { workspaceId, botId: await saveBot(ports, workspaceId, { name: 'Bot' }) }
}

/** Loopback is allowed: tests serve their sites there. */
export function ingestPorts(
  { db, dataDir = '' }: Pick<OpenDb, 'db'> & { dataDir?: string },
  embeddings: EmbeddingModel = wordEmbeddings,
  limits: Partial<FetchLimits> = {},
): IngestPorts & AsyncDisposable {
  const reader = openReader()
  return {
    db,
    models: { embeddingModel: async () => embeddings },
    botModels: { embedding: async () => embeddings },
    egress: openEgress({ egressAllow: ['127.0.0.1'], publicUrl: 'http://localhost', limits }),
    reader,
    clock: systemClock,
    log: silentLog,
    robotsCache: new Map(),
    readFile: uploadedFiles({ dataDir }),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  }
}

/** Runs a sync of the source slice by slice to its end, or until all that is left has to wait; begins one if none is open. */
export async function readSource(ports: IngestPorts, ref: SourceRef): Promise<void> {
  await startSync(ports, ref)
  const { run } = sourceIngestion(ports)
  for (let last = -1; ; ) {
    const sync = await findOpenSync(ports, ref)
    if (!sync || sync.slice === last || (last >= 0 && (await isWaiting(ports, ref, sync)))) return
    last = sync.slice
    await run({ ...ref, syncId: sync.id, slice: sync.slice }, new AbortController().signal)
  }
}

/** As `readSource`, but nothing has to wait: whatever fails for now is tried again at once. */
export async function readToTheEnd(ports: IngestPorts, ref: SourceRef): Promise<void> {
  do {
    await ports.db.execute(sql`update pages set not_before = null where source_id = ${ref.sourceId}`)
    await readSource(ports, ref)
  } while (await findOpenSync(ports, ref))
}

async function isWaiting({ db }: IngestPorts, ref: SourceRef, sync: Sync): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from pages where source_id = ${ref.sourceId} and sync_id = ${sync.id} and state = 'queued'
      and (not_before is null or not_before <= now()) limit 1`)
  return sync.stalls > 0 || (rows.length === 0 && sync.sitemaps.every(({ isRead }) => isRead))
}

export async function startIngesting(
  database: OpenDb,
  { embeddings = wordEmbeddings }: { embeddings?: EmbeddingModel } = {},
): Promise<AsyncDisposable> {
  const opened = new AsyncDisposableStack()
  const ports = opened.use(ingestPorts(database, embeddings))
  opened.use(
    await startJobs(
      { ...database, log: silentLog },
      { [ingestSource]: sourceIngestion(ports), [calibrateBot]: botCalibration(ports) },
    ),
  )
  return opened
}

export async function startSite(handler: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

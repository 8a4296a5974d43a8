/** A bot that knows the handbook, made in the database that a bench's server will then serve. */
import { saveBot } from '../server/src/bots/bots.ts'
import { saveKey } from '../server/src/keys/keys.ts'
import { indexPage } from '../server/src/knowledge/knowledge.ts'
import type { Db } from '../server/src/platform/db/db.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../server/src/platform/id.ts'
import type { EmbeddingModel } from '../server/src/platform/models/models.ts'
import { pages, sources } from '../server/src/sources/tables.ts'
import { saveWorkspace } from '../server/src/workspaces/workspaces.ts'
import type { Handbook } from './corpus.ts'

export interface HandbookBot {
  workspaceId: WorkspaceId
  botId: BotId
  publicKey: string
}

export async function makeHandbookBot(
  ports: { db: Db; embeddings: EmbeddingModel },
  handbook: Handbook,
  { name = 'Bench', passagesPerPage = 50 } = {},
): Promise<HandbookBot> {
  const { db } = ports
  const workspaceId = await saveWorkspace({ db }, { name, plan: 'unlimited', isSuspended: false })
  const botId = await saveBot({ db }, workspaceId, { name })
  const { publicKey } = await saveKey({ db }, workspaceId, botId, { name: 'Bench', domains: [], isRevoked: false })
  const sourceId = newId<SourceId>()
  await db.insert(sources).values({ workspaceId, botId, id: sourceId, kind: 'text', title: 'Handbook', state: 'ready' })
  for (let start = 0; start < handbook.passages.length; start += passagesPerPage) {
    const pageId = newId<PageId>()
    const title = `Chapter ${start / passagesPerPage + 1}`
    const url = `https://handbook.example/${start}`
    await db.insert(pages).values({ workspaceId, botId, sourceId, id: pageId, url, title, state: 'indexed' })
    const passages = handbook.passages.slice(start, start + passagesPerPage)
    await indexPage(
      ports,
      workspaceId,
      botId,
      { pageId, title, language: 'en' },
      passages.map((text) => ({ text, headings: [], tokens: Math.ceil(text.length / 4) })),
    )
  }
  return { workspaceId, botId, publicKey }
}

/** What tests of this slice share: a bot with pages, and an embedding model that records what it is given. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../platform/id.ts'
import { type EmbeddingModel, ModelError } from '../platform/models/models.ts'

export interface TestBot {
  workspaceId: WorkspaceId
  botId: BotId
  sourceId: SourceId
}

export async function newBot(db: Db, workspaceId: WorkspaceId = newId()): Promise<TestBot> {
  const [botId, sourceId] = [newId<BotId>(), newId<SourceId>()]
  await db.execute(sql`insert into workspaces (id, name) values (${workspaceId}, 'Test') on conflict do nothing`)
  await db.execute(sql`insert into bots (workspace_id, id, name) values (${workspaceId}, ${botId}, 'Test')`)
  await db.execute(sql`
    insert into sources (workspace_id, bot_id, id, kind) values (${workspaceId}, ${botId}, ${sourceId}, 'text')`)
  return { workspaceId, botId, sourceId }
}

export async function newPage(db: Db, { workspaceId, botId, sourceId }: TestBot, url?: string): Promise<PageId> {
  const pageId = newId<PageId>()
  await db.execute(sql`
    insert into pages (workspace_id, bot_id, source_id, id, url)
    values (${workspaceId}, ${botId}, ${sourceId}, ${pageId}, ${url ?? `https://example.com/${pageId}`})`)
  return pageId
}

export interface RecordingModel extends EmbeddingModel {
  /** Passages that were embedded, in order. */
  embedded: string[]
  isBroken: boolean
}

/** A vector of hashed words: texts that share words are near. It understands nothing, costs nothing and says what it did. */
export function recordingModel(model = 'recording'): RecordingModel {
  const dimensions = 64
  return {
    space: { provider: 'test', model, dimensions },
    maxTokens: 256,
    isMultilingual: true,
    embedded: [],
    isBroken: false,
    async embed(texts, kind) {
      if (this.isBroken) throw new ModelError('llm_unavailable', 'broken for the test')
      if (kind === 'passage') this.embedded.push(...texts)
      return texts.map((text) => {
        const vector = new Float32Array(dimensions)
        for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
          let hash = 7
          for (const character of word) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
          vector[hash % dimensions] = (vector[hash % dimensions] ?? 0) + 1
        }
        const norm = Math.hypot(...vector) || 1
        return vector.map((value) => value / norm)
      })
    },
  }
}

/** Rows of this bot in every table of the slice. */
export async function rowCounts(db: Db, { workspaceId, botId }: TestBot): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of ['passages', 'passage_vectors', 'postings', 'bot_indexes']) {
    const { rows } = await db.execute<{ n: number }>(sql`
      select count(*) as n from ${sql.identifier(table)} where workspace_id = ${workspaceId} and bot_id = ${botId}`)
    counts[table] = rows[0]?.n ?? -1
  }
  return counts
}

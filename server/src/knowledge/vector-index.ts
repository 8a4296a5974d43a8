/**
 * A graph (HNSW) over the vectors of one large bot: a partial index of PostgreSQL, which no other bot's search can meet. An
 * index over the whole table would be picked for small bots too, and find a fraction of their passages. The embedded
 * database, which serves one connection at a time, would stand still while it is built: there search stays exact.
 */
import { type SQL, sql } from 'drizzle-orm'
import type pg from 'pg'
import type { Db } from '../platform/db/db.ts'
import { patiently } from '../platform/db/silence.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'

/** A vector to look for, and where: as a statement takes it. */
export interface NearValues {
  workspaceId: WorkspaceId
  botId: BotId
  spaceId: number
  /** `halfvecBytes` of it. */
  vector: Buffer
}

/** In passages. Between the two an index that stands is kept and none is built. */
const vectorIndexSizes = { buildAbove: 15_000, dropBelow: 12_000 }

/** How many vectors the graph gives; the passages they belong to are then compared exactly. */
const nearestVectors = 300
/** How far the graph is searched for them: 600 finds 996 in 1,000 of what an exact search does, 400 between 987 and 994. */
const searchWidth = 600

const buildMs = 3_600_000
/** A graph that does not fit is built many times slower. */
const buildMemory = '512MB'

const namePrefix = 'bot_vectors_'
const nameStart = (botId: BotId) => `${namePrefix}${botId.replaceAll('-', '')}_`
const validIndex = (name: SQL) => sql`
  select from pg_class c join pg_index x on x.indexrelid = c.oid where c.relname = ${name} and x.indisvalid`

interface IndexedBot {
  workspaceId: WorkspaceId
  botId: BotId
  spaceId: number
  dimensions: number
}

/** Builds the bot's graph when it has grown past the upper size, and drops it below the lower one. Bears being run again, also after a crash. */
export async function keepVectorIndex(
  { db, pool }: { db: Db; pool: pg.Pool },
  workspaceId: WorkspaceId,
  botId: BotId,
  { buildAbove, dropBelow } = vectorIndexSizes,
): Promise<void> {
  const { rows } = await db.execute<{ spaceId: number; dimensions: number; size: number; isIndexed: boolean }>(sql`
    select i.space_id as "spaceId", s.dimensions,
      i.indexed_space_id is not distinct from i.space_id and exists (${validIndex(sql`${nameStart(botId)} || i.space_id`)}) as "isIndexed",
      (select coalesce(sum((value->>'passages')::int), 0) from jsonb_each(i.lexicon)) as size
    from bot_indexes i join embedding_spaces s on s.id = i.space_id
    where i.workspace_id = ${workspaceId} and i.bot_id = ${botId}`)
  const [state] = rows
  const wants = state && state.size > (state.isIndexed ? dropBelow : buildAbove)
  if (wants && !state.isIndexed) await build({ db, pool }, { workspaceId, botId, ...state })
  if (!wants) {
    await db.execute(sql`
      update bot_indexes set indexed_space_id = null where workspace_id = ${workspaceId} and bot_id = ${botId}`)
  }
  await dropVectorIndexes({ db, pool }, botId)
}

async function build({ db, pool }: { db: Db; pool: pg.Pool }, bot: IndexedBot): Promise<void> {
  const { workspaceId, botId, spaceId, dimensions } = bot
  const name = nameStart(botId) + spaceId
  await patiently(pool, buildMs, async (client) => {
    // One that a crash left half built would stay so.
    await client.query(`drop index concurrently if exists ${name}`)
    await client.query(`set maintenance_work_mem = '${buildMemory}'`)
    await client.query(`
      create index concurrently ${name} on passage_vectors using hnsw (${indexedColumn(dimensions)} halfvec_ip_ops)
      where workspace_id = '${workspaceId}' and bot_id = '${botId}' and space_id = ${spaceId}`)
  })
  await db.execute(sql`
    update bot_indexes set indexed_space_id = ${spaceId}
    where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id = ${spaceId}`)
}

const indexedColumn = (dimensions: number) => `(embedding::halfvec(${dimensions}))`

/** Drops the graphs that no bot searches any more, or those of one bot. Half-built ones are left to whoever builds them. */
export async function dropVectorIndexes({ db, pool }: { db: Db; pool: pg.Pool }, botId?: BotId): Promise<void> {
  const prefix = botId ? nameStart(botId) : namePrefix
  const { rows } = await db.execute<{ name: string }>(sql`
    select c.relname as name from pg_class c join pg_index x on x.indexrelid = c.oid
    where x.indrelid = 'passage_vectors'::regclass and starts_with(c.relname, ${prefix}) and x.indisvalid
      and not exists (
        select from bot_indexes i where i.indexed_space_id is not null
          and c.relname = ${namePrefix}::text || replace(i.bot_id::text, '-', '') || '_' || i.indexed_space_id)`)
  if (rows.length === 0) return
  await patiently(pool, buildMs, async (client) => {
    for (const { name } of rows) await client.query(`drop index concurrently if exists ${name}`)
  })
}

/** The passages near to the vector by the bot's graph, those at `slots` too, with their exact distances: columns `passage_id`, `part`, `distance`. */
export function partsByGraph(
  { workspaceId, botId, spaceId, vector }: NearValues,
  slots: string,
  dimensions: number,
): SQL {
  // The planner takes the index only for its very expression.
  const column = sql.raw(indexedColumn(dimensions))
  return sql`
    select passage_id, part, embedding <#> ${vector}::halfvec as distance from passage_vectors
    where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id = ${spaceId} and passage_id = any(array(
      select passage_id from (
        select passage_id from passage_vectors
        where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id = ${spaceId}
        order by ${column} <#> ${vector}::${sql.raw(`halfvec(${dimensions})`)} limit ${nearestVectors}
      ) nearest
      union
      select id from passages
      where workspace_id = ${workspaceId} and bot_id = ${botId} and slot = any(${slots}::int[])
    ))`
}

/** All of the bot's vectors. */
export function allParts({ workspaceId, botId, spaceId, vector }: NearValues): SQL {
  return sql`
    select passage_id, part, embedding <#> ${vector}::halfvec as distance from passage_vectors
    where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id = ${spaceId}`
}

/** Runs a search that goes by the graph, wide enough. */
export async function searchWidely<T>(db: Db, search: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql.raw(`set local hnsw.ef_search = ${searchWidth}`))
    return search(tx)
  })
}

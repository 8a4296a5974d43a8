/** Writes of a bot's index. All but the look-ups run in a transaction that holds the index row's lock. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import { type Analysis, analysisVersion } from '../platform/text/analysis.ts'
import { blockOf, type PassageTerms, type PassageText, packPostings, passageTerms, withoutSlots } from './postings.ts'
import type { LexiconTotals } from './tables.ts'

export interface LockedIndex {
  spaceId: number | null
  analysisVersion: number
  nextSlot: number
  lexicon: Partial<Record<Analysis, LexiconTotals>>
}

export interface NewPassage extends PassageText {
  page: number | null
  pageStarts: number[]
  isPair: boolean
  position: number
  tokens: number
  contentHash: string
  terms: PassageTerms
}

export interface StoredPassage extends PassageText {
  slot: number
  length: number
}

/** A vector as bytes, or as the text that the database gave. */
export type StoredVector = Buffer | string

/** Takes the lock under which a bot's index is changed; makes the row at the first use. */
export async function lockIndex(tx: Db, workspaceId: WorkspaceId, botId: BotId): Promise<LockedIndex> {
  const { rows } = await tx.execute<Record<string, unknown> & LockedIndex>(sql`
    insert into bot_indexes (workspace_id, bot_id, analysis_version, version)
    values (${workspaceId}, ${botId}, ${analysisVersion}, 1)
    on conflict (workspace_id, bot_id) do update set version = bot_indexes.version + 1
    returning space_id as "spaceId", analysis_version as "analysisVersion", next_slot as "nextSlot", lexicon`)
  const [index] = rows
  if (!index) throw new Error('the index row was neither made nor found')
  return index
}

/** Scores of one space say nothing of those of another: with a change of it the threshold goes. */
export async function saveIndex(tx: Db, workspaceId: WorkspaceId, botId: BotId, index: LockedIndex): Promise<void> {
  await tx.execute(sql`
    update bot_indexes set space_id = ${index.spaceId},
      low_fused = case when space_id = ${index.spaceId} then low_fused end, analysis_version = ${index.analysisVersion},
      next_slot = ${index.nextSlot}, lexicon = ${JSON.stringify(index.lexicon)}
    where workspace_id = ${workspaceId} and bot_id = ${botId}`)
}

/** Whether the page still is there; it then stays until the transaction ends. */
export async function holdPage(tx: Db, workspaceId: WorkspaceId, botId: BotId, pageId: PageId): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    select from pages where workspace_id = ${workspaceId} and bot_id = ${botId} and id = ${pageId} for key share`)
  return rows.length > 0
}

/** The vectors that this bot has for texts of these hashes, part by part. */
export async function findVectors(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  spaceId: number,
  contentHashes: string[],
): Promise<Map<string, StoredVector[]>> {
  const { rows } = await db.execute<{ hash: string; embedding: string }>(sql`
    select distinct on (p.content_hash, v.part) p.content_hash as hash, v.embedding
    from passages p join passage_vectors v
      on v.workspace_id = p.workspace_id and v.bot_id = p.bot_id and v.passage_id = p.id and v.space_id = ${spaceId}
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.content_hash = any(${sql.param(contentHashes)})
    order by p.content_hash, v.part`)
  const vectors = new Map<string, StoredVector[]>()
  for (const [hash, parts] of Map.groupBy(rows, (row) => row.hash)) {
    vectors.set(
      hash,
      parts.map((part) => part.embedding),
    )
  }
  return vectors
}

/** Ends the pages' passages whose hash is not among these, postings included. */
export async function deletePassages(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  pageIds: PageId[],
  keptHashes: string[],
): Promise<StoredPassage[]> {
  const { rows } = await tx.execute<Record<string, unknown> & StoredPassage>(sql`
    delete from passages
    where workspace_id = ${workspaceId} and bot_id = ${botId} and page_id = any(${sql.param(pageIds)})
      and content_hash <> all(${sql.param(keptHashes)})
    returning slot, length, title, headings, text, analysis`)
  if (rows.length > 0) await deletePostings(tx, workspaceId, botId, rows)
  return rows
}

async function deletePostings(tx: Db, workspaceId: WorkspaceId, botId: BotId, gone: StoredPassage[]): Promise<void> {
  const slots = new Set(gone.map((passage) => passage.slot))
  const blocks = [...new Set([...slots].map(blockOf))]
  const terms = [...new Set(gone.flatMap((passage) => [...passageTerms(passage).counts.keys()]))]
  const { rows } = await tx.execute<{ term: string; block: number; entries: Buffer }>(sql`
    select term, block, entries from postings
    where workspace_id = ${workspaceId} and bot_id = ${botId}
      and term = any(${sql.param(terms)}) and block = any(${sql.param(blocks)})`)
  const left = rows.map((row) => ({ ...row, entries: withoutSlots(row, slots) }))
  const [emptied, shortened] = [
    left.filter((row) => row.entries.length === 0),
    left.filter((row) => row.entries.length),
  ]
  await tx.execute(sql`
    delete from postings p using unnest(${sql.param(emptied.map((row) => row.term))}::text[],
      ${sql.param(emptied.map((row) => row.block))}::int[]) as emptied (term, block)
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId}
      and p.term = emptied.term collate "C" and p.block = emptied.block`)
  await tx.execute(sql`
    update postings p set entries = shortened.entries
    from unnest(${sql.param(shortened.map((row) => row.term))}::text[],
      ${sql.param(shortened.map((row) => row.block))}::int[],
      ${sql.param(shortened.map((row) => row.entries))}::bytea[]) as shortened (term, block, entries)
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId}
      and p.term = shortened.term collate "C" and p.block = shortened.block`)
}

/** Gives the page's kept passages their place in the new order; returns their ids by hash. */
export async function movePassages(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  pageId: PageId,
  passages: NewPassage[],
): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ id: number; hash: string }>(sql`
    update passages p set position = now.position, tokens = now.tokens, page = now.page, page_starts = now.page_starts::int[]
    from unnest(${sql.param(passages.map((passage) => passage.contentHash))}::text[],
      ${sql.param(passages.map((passage) => passage.position))}::int[],
      ${sql.param(passages.map((passage) => passage.tokens))}::int[],
      ${sql.param(passages.map((passage) => passage.page))}::int[],
      ${sql.param(passages.map((passage) => `{${passage.pageStarts.join(',')}}`))}::text[]) as now (hash, position, tokens, page, page_starts)
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.page_id = ${pageId}
      and p.content_hash = now.hash
    returning p.id, p.content_hash as hash`)
  return new Map(rows.map((row) => [row.hash, row.id]))
}

/** Parameters a statement may have: 65,535; a passage takes fourteen. */
const passagesPerStatement = 500

/** Stores passages from slot `firstSlot` on, with their postings; returns their ids by hash. */
export async function insertPassages(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  pageId: PageId,
  firstSlot: number,
  passages: NewPassage[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  const slotted = passages.map((passage, at) => ({ ...passage, slot: firstSlot + at }))
  for (let at = 0; at < slotted.length; at += passagesPerStatement) {
    const some = slotted.slice(at, at + passagesPerStatement)
    const values = some.map(
      ({ position, title, headings, text, page, pageStarts, isPair, tokens, analysis, slot, terms, contentHash }) =>
        sql`(${workspaceId}::uuid, ${botId}::uuid, ${pageId}::uuid, ${position}::int, ${title},
          ${sql.param(headings)}::text[], ${text}, ${page}::int, ${sql.param(pageStarts)}::int[], ${isPair}::boolean, ${tokens}::int, ${analysis}, ${slot}::int, ${terms.length}::int,
          ${contentHash})`,
    )
    const { rows } = await tx.execute<{ id: number; hash: string }>(sql`
      insert into passages
        (workspace_id, bot_id, page_id, position, title, headings, text, page, page_starts, is_pair, tokens, analysis, slot, length, content_hash)
      values ${sql.join(values, sql`, `)}
      returning id, content_hash as hash`)
    for (const { id, hash } of rows) ids.set(hash, id)
    await insertPostings(
      tx,
      workspaceId,
      botId,
      some.map(({ terms, slot }) => ({ ...terms, slot })),
    )
  }
  return ids
}

export async function insertPostings(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  passages: (PassageTerms & { slot: number })[],
): Promise<void> {
  const rows = packPostings(passages)
  await tx.execute(sql`
    insert into postings (workspace_id, bot_id, term, block, entries)
    select ${workspaceId}, ${botId}, term, block, entries
    from unnest(${sql.param(rows.map((row) => row.term))}::text[], ${sql.param(rows.map((row) => row.block))}::int[],
      ${sql.param(rows.map((row) => row.entries))}::bytea[]) as added (term, block, entries)
    on conflict (workspace_id, bot_id, term, block) do update set entries = postings.entries || excluded.entries`)
}

/** Parameters a statement may have: 65,535; each vector takes three. */
const vectorsPerStatement = 1_000

/** Vectors that are there already are left alone. */
export async function insertVectors(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  spaceId: number,
  vectors: { passageId: number; part: number; embedding: StoredVector }[],
): Promise<void> {
  for (let at = 0; at < vectors.length; at += vectorsPerStatement) {
    const values = vectors.slice(at, at + vectorsPerStatement).map(
      ({ passageId, part, embedding }) => sql`(${workspaceId}::uuid, ${botId}::uuid, ${spaceId}::int,
        ${passageId}::bigint, ${part}::smallint, ${embedding}::halfvec)`,
    )
    await tx.execute(sql`
      insert into passage_vectors (workspace_id, bot_id, space_id, passage_id, part, embedding)
      values ${sql.join(values, sql`, `)} on conflict do nothing`)
  }
}

/** Whether every passage of the bot has a vector in the space. */
export async function isSpaceFull(tx: Db, workspaceId: WorkspaceId, botId: BotId, spaceId: number): Promise<boolean> {
  const { rows } = await tx.execute<{ full: boolean }>(sql`
    select not exists (
      select from passages p where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and not exists (
        select from passage_vectors v where v.workspace_id = p.workspace_id and v.bot_id = p.bot_id
          and v.space_id = ${spaceId} and v.passage_id = p.id and v.part = 0)) as full`)
  return rows[0]?.full ?? false
}

export async function deleteOtherSpaces(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  spaceId: number,
): Promise<void> {
  await tx.execute(sql`
    delete from passage_vectors
    where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id <> ${spaceId}`)
}

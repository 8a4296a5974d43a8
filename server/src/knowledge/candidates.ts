/** Reads of a search: what the index knows of the question's terms and vector. */
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import type { Analysis } from '../platform/text/analysis.ts'
import { halfvecBytes } from './halfvec.ts'
import type { PostingRow } from './postings.ts'
import type { LexiconTotals } from './tables.ts'
import { preparationOf } from './windows.ts'

export interface IndexState {
  spaceId: number | null
  provider: string | null
  model: string | null
  dimensions: number | null
  preparation: string | null
  nextSlot: number
  lexicon: Partial<Record<Analysis, LexiconTotals>>
  lowFused: number | null
  lowLexical: number | null
}

export interface Candidate {
  id: number
  slot: number
  pageId: PageId
  analysis: Analysis
  /** Null where the passage has no vector in the space. */
  cosine: number | null
}

export interface PassageRow {
  id: number
  title: string
  url: string | null
  headings: string[]
  text: string
}

/** The bot's index and its postings of these terms, of one moment; null before the first passage of the bot. */
export async function findIndex(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  terms: string[],
): Promise<{ index: IndexState; postings: PostingRow[] } | null> {
  // One row of arrays instead of a row a posting: a third of the cost to the client.
  const { rows } = await db.execute<Record<string, unknown> & IndexState & PackedPostings>(sql`
    select i.space_id as "spaceId", s.provider, s.model, s.dimensions, s.preparation, i.next_slot as "nextSlot",
      i.lexicon, i.low_fused as "lowFused", i.low_lexical as "lowLexical", p.terms, p.blocks, p.sizes, p.entries
    from bot_indexes i left join embedding_spaces s on s.id = i.space_id
      cross join lateral (
        select array_agg(term) as terms, array_agg(block) as blocks, array_agg(length(entries)) as sizes,
          string_agg(entries, '') as entries
        from postings
        where workspace_id = ${workspaceId} and bot_id = ${botId} and term = any(${sql.param(terms)})
      ) p
    where i.workspace_id = ${workspaceId} and i.bot_id = ${botId}`)
  const [row] = rows
  return row ? { index: row, postings: unpacked(row) } : null
}

/** The arrays go together; null where there is no posting. */
interface PackedPostings {
  terms: string[] | null
  blocks: number[] | null
  sizes: number[] | null
  entries: Buffer | null
}

function unpacked({ terms, blocks, sizes, entries }: PackedPostings): PostingRow[] {
  if (!terms || !blocks || !sizes || !entries) return []
  let next = 0
  return terms.map((term, at) => {
    const from = next
    next += sizes[at] ?? 0
    return { term, block: blocks[at] ?? 0, entries: entries.subarray(from, next) }
  })
}

export function isEmpty({ lexicon }: Pick<IndexState, 'lexicon'>): boolean {
  return Object.values(lexicon).every(({ passages }) => passages === 0)
}

/** Whether this model's vectors can be compared with the bot's. */
export function isSpaceOf(index: IndexState, model: Pick<EmbeddingModel, 'space' | 'maxTokens'>): boolean {
  return (
    index.provider === model.space.provider &&
    index.model === model.space.model &&
    index.dimensions === model.space.dimensions &&
    index.preparation === preparationOf(model)
  )
}

/** How many of the nearest vectors are looked at. */
const nearestCount = 50

/** The nearest passages by vector and those at `slots`, each with its cosine: `.5·whole + .5·best window`. */
export async function findCandidates(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  slots: number[],
  nearest: { spaceId: number; vector: Float32Array } | null,
): Promise<Candidate[]> {
  const { rows } = await db.execute<Record<string, unknown> & Candidate>(
    nearest === null
      ? sql`
          select id, slot, page_id as "pageId", analysis, null as cosine from passages
          where workspace_id = ${workspaceId} and bot_id = ${botId} and slot = any(${sql.param(slots)})`
      : byVector(workspaceId, botId, slots, nearest),
  )
  return rows
}

function byVector(
  workspaceId: WorkspaceId,
  botId: BotId,
  slots: number[],
  { spaceId, vector }: { spaceId: number; vector: Float32Array },
): SQL {
  return sql`
    with parts as (
      select passage_id, part, embedding <#> ${halfvecBytes(vector)}::halfvec as distance from passage_vectors
      where workspace_id = ${workspaceId} and bot_id = ${botId} and space_id = ${spaceId}
    ), near as materialized (
      select passage_id,
        -0.5 * (min(distance) filter (where part = 0) + coalesce(min(distance) filter (where part > 0), min(distance)))
          as cosine
      from parts group by passage_id
    )
    select p.id, p.slot, p.page_id as "pageId", p.analysis, near.cosine
    from passages p left join near on near.passage_id = p.id
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and (p.slot = any(${sql.param(slots)})
      or p.id = any(array(select passage_id from near order by cosine desc limit ${nearestCount})))`
}

export async function findPassages(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  ids: number[],
): Promise<Map<number, PassageRow>> {
  if (ids.length === 0) return new Map()
  const { rows } = await db.execute<Record<string, unknown> & PassageRow>(sql`
    select p.id, p.title, g.url, p.headings, p.text
    from passages p join pages g on g.workspace_id = p.workspace_id and g.bot_id = p.bot_id and g.id = p.page_id
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.id = any(${sql.param(ids)})`)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Reads of a search: what the index knows of the question's terms and vector. */
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import type { Analysis } from '../platform/text/analysis.ts'
import type { PostingRow } from './postings.ts'
import type { LexiconTotals } from './tables.ts'
import { allParts, type Nearest, partsByGraph, searchWidely } from './vector-index.ts'
import { preparationOf } from './windows.ts'

export interface IndexState {
  spaceId: number | null
  indexedSpaceId: number | null
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
  page: number | null
  isPair: boolean
}

/** The bot's index and its postings of these terms, of one moment; null before the first passage of the bot. */
export async function findIndex(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  terms: string[],
): Promise<{ index: IndexState; postings: PostingRow[] } | null> {
  // One row instead of a row a posting: a fraction of the cost to the client.
  const { rows } = await db.execute<Record<string, unknown> & IndexState & PackedPostings>(sql`
    select i.space_id as "spaceId", i.indexed_space_id as "indexedSpaceId", s.provider, s.model, s.dimensions, s.preparation, i.next_slot as "nextSlot",
      i.lexicon, i.low_fused as "lowFused", i.low_lexical as "lowLexical", p.heads, p.entries
    from bot_indexes i left join embedding_spaces s on s.id = i.space_id
      cross join lateral (
        select json_agg(json_build_array(term, block, length(entries))) as heads, string_agg(entries, '') as entries
        from postings
        where workspace_id = ${workspaceId} and bot_id = ${botId} and term = any(string_to_array(${terms.join('\n')}, E'\n'))
      ) p
    where i.workspace_id = ${workspaceId} and i.bot_id = ${botId}`)
  const [row] = rows
  return row ? { index: row, postings: unpacked(row) } : null
}

/** `heads` say of each posting its term, its block and how many of the bytes are its own; null where there is no posting. */
interface PackedPostings {
  heads: [term: string, block: number, size: number][] | null
  entries: Buffer | null
}

function unpacked({ heads, entries }: PackedPostings): PostingRow[] {
  if (!heads || !entries) return []
  let next = 0
  return heads.map(([term, block, size]) => {
    next += size
    return { term, block, entries: entries.subarray(next - size, next) }
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

/** What a search looks for: the best passages by words, and a vector if there is one to compare. */
export interface Looked {
  slots: number[]
  /** Of each slot. */
  lexical: number[]
  nearest: Nearest | null
  /** Through the bot's vector index. */
  isIndexed: boolean
  /** `sql` for the fused score of `cosine`, `lexical` and `analysis`. */
  score: SQL
}

/**
 * The nearest passages by vector and those at `slots`, each with its cosine: `.5·whole + .5·best window`; and the text of
 * those that will likely be read, `maxPerPage` of a page at most, so that no second statement is needed for them.
 */
export async function findCandidates(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  { slots, lexical, nearest, isIndexed, score }: Looked,
  { count, maxPerPage }: { count: number; maxPerPage: number },
): Promise<{ candidates: Candidate[]; passages: PassageRow[] }> {
  const places = `{${slots.join(',')}}`
  const ofBot = sql`p.workspace_id = ${workspaceId} and p.bot_id = ${botId}`
  // Each distance is asked for once, as each time it is asked for it is computed.
  const cosines =
    nearest === null
      ? sql`select null::bigint as passage_id, null::float8 as cosine where false`
      : sql`
      select passage_id,
        -0.5 * (min(distance) filter (where part = 0)
          + coalesce(min(distance) filter (where part > 0), min(distance) filter (where part = 0))) as cosine
      from (${isIndexed ? partsByGraph(workspaceId, botId, nearest, places) : allParts(workspaceId, botId, nearest)}) parts
      group by passage_id`
  const statement = sql`
    with near as materialized (${cosines}),
    lexical as (select * from unnest(${places}::int[], ${`{${lexical.join(',')}}`}::real[]) as l(slot, score)),
    candidates as (
      select p.id, p.slot, p.page_id, p.analysis, near.cosine, coalesce(lexical.score, 0) as lexical
      from passages p left join near on near.passage_id = p.id left join lexical on lexical.slot = p.slot
      where ${ofBot} and (p.slot = any(${places}::int[])
        or p.id = any(array(select passage_id from near order by cosine desc limit ${nearestCount})))
    ),
    scored as (select id, page_id, ${score} as score from candidates),
    of_pages as (select id, score, row_number() over (partition by page_id order by score desc) as place from scored),
    likely as (select id from of_pages where place <= ${maxPerPage} order by score desc limit ${count})
    select
      (select json_agg(json_build_array(id, slot, page_id, analysis, cosine)) from candidates) as candidates,
      (select ${passageJson} from likely join passages p on ${ofBot} and p.id = likely.id ${joinPage}) as passages`
  const run = (on: Db) => on.execute<{ candidates: PackedCandidate[] | null; passages: PassageRow[] | null }>(statement)
  const { rows } = nearest && isIndexed ? await searchWidely(db, run) : await run(db)
  const { candidates, passages } = rows[0] ?? {}
  return {
    candidates: (candidates ?? []).map(([id, slot, pageId, analysis, cosine]) => ({
      id,
      slot,
      pageId,
      analysis,
      cosine,
    })),
    passages: passages ?? [],
  }
}

/** As JSON, which is parsed in a fraction of the time that as many rows take. */
type PackedCandidate = [number, number, PageId, Analysis, number | null]

const passageJson = sql`json_agg(json_build_object(
  'id', p.id, 'title', p.title, 'url', g.url, 'headings', p.headings, 'text', p.text, 'page', p.page, 'isPair', p.is_pair))`
const joinPage = sql`join pages g on g.workspace_id = p.workspace_id and g.bot_id = p.bot_id and g.id = p.page_id`

export async function findPassages(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  ids: number[],
): Promise<PassageRow[]> {
  if (ids.length === 0) return []
  const { rows } = await db.execute<{ passages: PassageRow[] | null }>(sql`
    select ${passageJson} as passages from passages p ${joinPage}
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.id = any(${sql.param(ids)})`)
  return rows[0]?.passages ?? []
}

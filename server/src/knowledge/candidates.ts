/** Reads of a search: what the index knows of the question's terms and vector. */
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { statement } from '../platform/db/statement.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import type { Analysis } from '../platform/text/analysis.ts'
import { fusedScoreSql } from './fusion.ts'
import { halfvecBytes } from './halfvec.ts'
import type { PostingRow } from './postings.ts'
import type { LexiconTotals } from './tables.ts'
import { allParts, type NearValues, partsByGraph, searchWidely } from './vector-index.ts'
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
  pageStarts: number[]
  isPair: boolean
}

/** What is asked of an index, as its statement takes it. */
export interface IndexValues {
  workspaceId: WorkspaceId
  botId: BotId
  /** A line each. */
  terms: string
}

export type IndexRow = IndexState & PackedPostings

/** The bot's index and its postings of these terms, of one moment: a statement, or the part `found` of another one. */
export function indexSql({ workspaceId, botId, terms }: IndexValues): SQL {
  // One row instead of a row a posting: a fraction of the cost to the client.
  return sql`
    select i.space_id as "spaceId", i.indexed_space_id as "indexedSpaceId", s.provider, s.model, s.dimensions, s.preparation, i.next_slot as "nextSlot",
      i.lexicon, i.low_fused as "lowFused", i.low_lexical as "lowLexical", p.heads, p.entries
    from bot_indexes i left join embedding_spaces s on s.id = i.space_id
      cross join lateral (
        select json_agg(json_build_array(term, block, length(entries))) as heads, string_agg(entries, '') as entries
        from postings
        where workspace_id = ${workspaceId} and bot_id = ${botId} and term = any(string_to_array(${terms}, E'\n'))
      ) p
    where i.workspace_id = ${workspaceId} and i.bot_id = ${botId}`
}

const selectIndex = statement<IndexValues, IndexRow>('find_index', indexSql)

export interface FoundIndex {
  index: IndexState
  postings: PostingRow[]
}

/** Null before the first passage of the bot. */
export async function findIndex(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  terms: string[],
): Promise<FoundIndex | null> {
  const [row] = await selectIndex(db, { workspaceId, botId, terms: terms.join('\n') })
  return row ? foundFrom(row) : null
}

/** Of a row whose columns are all null, as an outer join gives it, nothing. */
export function foundFrom(row: IndexRow | { [Column in keyof IndexRow]: null }): FoundIndex | null {
  return row.nextSlot === null ? null : { index: row, postings: unpacked(row) }
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
  /** Of the best by words. */
  slots: number[]
  /** Of every slot, how well the words fit it, 0 to about 1. */
  lexical: Float32Array
  nearest: { spaceId: number; vector: Float32Array } | null
  /** Through the bot's vector index. */
  isIndexed: boolean
  /** Whether the embedding model knows all languages (`fuse`). */
  isMultilingual: boolean
}

/** What of a search is given. */
export interface Wanted {
  /** Candidates, the best ones; null for all. */
  ranked: number | null
  /** Passages with their text, `maxPerPage` of a page at most. */
  read: number
  maxPerPage: number
}

interface LookedValues extends NearValues, Wanted {
  slots: string
  lexical: Buffer
}

interface Found {
  candidates: PackedCandidate[] | null
  passages: PassageRow[] | null
}

/** With `nearest`, one who finds the nearest parts. Each distance is asked for once, as each time it is asked for it is computed. */
function candidatesSql(
  { workspaceId, botId, slots, lexical, ranked, read, maxPerPage }: Omit<LookedValues, 'spaceId' | 'vector'>,
  nearest: SQL | null,
  isMultilingual: boolean,
): SQL {
  const ofBot = sql`p.workspace_id = ${workspaceId}::uuid and p.bot_id = ${botId}::uuid`
  const cosines =
    nearest === null
      ? sql`select null::bigint as passage_id, null::float8 as cosine where false`
      : sql`
      select passage_id,
        -0.5 * (min(distance) filter (where part = 0)
          + coalesce(min(distance) filter (where part > 0), min(distance) filter (where part = 0))) as cosine
      from (${nearest}) parts
      group by passage_id`
  return sql`
    with near as materialized (${cosines}),
    candidates as (
      select p.id, p.slot, p.page_id, p.analysis, near.cosine, ${shareAt(lexical)} as lexical
      from passages p left join near on near.passage_id = p.id
      where ${ofBot} and (p.slot = any(${slots}::int[])
        or p.id = any(array(select passage_id from near order by cosine desc limit ${sql.raw(String(nearestCount))})))
    ),
    scored as (select *, ${fusedScoreSql(isMultilingual)} as score from candidates),
    ranked as (select id from scored order by score desc, id limit ${ranked}::int),
    of_pages as (select id, score, row_number() over (partition by page_id order by score desc, id) as place from scored),
    likely as (select id from of_pages where place <= ${maxPerPage}::int order by score desc, id limit ${read}::int)
    select
      (select json_agg(json_build_array(id, slot, page_id, analysis, cosine)) from candidates
        where id in (select id from ranked union all select id from likely)) as candidates,
      (select ${passageJson} from likely join passages p on ${ofBot} and p.id = likely.id ${joinPage}) as passages`
}

/** Shares of 0 to 2, two bytes each. */
const shareUnit = 32_768

function shareBytes(shares: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(shares.length * 2)
  for (let at = 0; at < shares.length; at++) {
    const units = Math.min(65_535, Math.floor((shares[at] ?? 0) * shareUnit))
    bytes[at * 2] = units >> 8
    bytes[at * 2 + 1] = units & 255
  }
  return bytes
}

/** Of the passage's slot; 0 for one that came later. */
const shareAt = (bytes: Buffer) => sql`
  case when p.slot * 2 + 1 < length(${bytes}::bytea)
    then (get_byte(${bytes}::bytea, p.slot * 2) * 256 + get_byte(${bytes}::bytea, p.slot * 2 + 1)) / ${sql.raw(String(shareUnit))}::float8
    else 0 end`

const [byWords, byWordsMultilingual, byVector, byVectorMultilingual] = [
  statement<LookedValues, Found>('candidates_by_words', (values) => candidatesSql(values, null, false)),
  statement<LookedValues, Found>('candidates_by_words_multilingual', (values) => candidatesSql(values, null, true)),
  statement<LookedValues, Found>('candidates', (values) => candidatesSql(values, allParts(values), false)),
  statement<LookedValues, Found>('candidates_multilingual', (values) => candidatesSql(values, allParts(values), true)),
]

/**
 * The best of the nearest passages by vector and of those at `slots`, each with its cosine: `.5·whole + .5·best window`;
 * and those that will likely be read with their text, so that no second statement is needed for them.
 */
export async function findCandidates(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  { slots, lexical, nearest, isIndexed, isMultilingual }: Looked,
  wanted: Wanted,
): Promise<{ candidates: Candidate[]; passages: PassageRow[] }> {
  const values: LookedValues = {
    workspaceId,
    botId,
    slots: `{${slots.join(',')}}`,
    lexical: shareBytes(lexical),
    ...wanted,
    spaceId: nearest?.spaceId ?? 0,
    vector: nearest ? halfvecBytes(nearest.vector) : Buffer.alloc(0),
  }
  const rows = await (nearest === null
    ? (isMultilingual ? byWordsMultilingual : byWords)(db, values)
    : isIndexed
      ? searchWidely(db, async (tx) => {
          const parts = partsByGraph(values, values.slots, nearest.vector.length)
          const statement = candidatesSql(values, parts, isMultilingual)
          return (await tx.execute<Found & Record<string, unknown>>(statement)).rows
        })
      : (isMultilingual ? byVectorMultilingual : byVector)(db, values))
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
  'id', p.id, 'title', p.title, 'url', g.url, 'headings', p.headings, 'text', p.text, 'page', p.page, 'pageStarts', p.page_starts, 'isPair', p.is_pair))`
const joinPage = sql`join pages g on g.workspace_id = p.workspace_id and g.bot_id = p.bot_id and g.id = p.page_id`

const selectPassages = statement<
  { workspaceId: WorkspaceId; botId: BotId; ids: string },
  { passages: PassageRow[] | null }
>(
  'find_passages',
  ({ workspaceId, botId, ids }) => sql`
    select ${passageJson} as passages from passages p ${joinPage}
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.id = any(${ids}::bigint[])`,
)

export async function findPassages(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  ids: number[],
): Promise<PassageRow[]> {
  if (ids.length === 0) return []
  const [row] = await selectPassages(db, { workspaceId, botId, ids: `{${ids.join(',')}}` })
  return row?.passages ?? []
}

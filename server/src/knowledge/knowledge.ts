/** What a bot knows: passages of its pages, found by words and by meaning. */
import { and, eq } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import type { EmbeddingModel, ModelMessage } from '../platform/models/models.ts'
import { allTerms, type QuestionTerms, questionTerms } from './bm25.ts'
import { calibrateBot, defaultLow } from './calibration.ts'
import {
  type FoundIndex,
  findIndex,
  findPassages,
  foundFrom,
  type IndexRow,
  type IndexState,
  indexSql,
  isEmpty,
  isSpaceOf,
} from './candidates.ts'
import { fewOfEachPage, withoutRepetitions } from './diversity.ts'
import { withContext } from './follow-up.ts'
import { type Thresholds, thresholdsFrom, type Verdict, verdictOf } from './fusion.ts'
import {
  clearPages,
  type PageChanges,
  type PageToIndex,
  type PassageToIndex,
  preparePassages,
  swapPage,
  vectorsFor,
} from './indexing.ts'
import { isAskedFor } from './pairs.ts'
import { type Ranked, rank } from './ranking.ts'
import { botsOutside, chosenModels, modelRefOf, spaceIdOf } from './spaces.ts'
import { passages } from './tables.ts'

export { dropVectorIndexes, keepVectorIndex } from './vector-index.ts'
export type { IndexRow, PageChanges, PageToIndex, PassageToIndex, Thresholds, Verdict }
export { indexSql }

/** A passage that bears on a question. */
export interface FoundPassage {
  id: number
  pageId: PageId
  title: string
  url: string | null
  /** From the outermost to the innermost. */
  headings: string[]
  text: string
  /** Fused; comparable across questions of a bot. */
  score: number
  /** -1 to 1; 0 when the embedding model did not answer. */
  cosine: number
  /** BM25 as a share of the most that the question could score. */
  lexical: number
  /** Of a PDF the page that it begins on, from 1. */
  page: number | null
  /** Where in the text the pages after that one begin. */
  pageStarts: number[]
  /** The title is a question of the owner's and the text the answer. */
  isPair: boolean
}

/** A passage that was looked at, and why it was not given to the model if it was not. */
export interface Considered {
  passageId: number
  pageId: PageId
  score: number
  cosine: number
  lexical: number
  /**
   * `rank`: others are better; `page`: three of its page are; `repetition`: a better one says the same; `pair`: an answer
   * of the owner's own stands above all. Null for those that were given.
   */
  leftOut: 'rank' | 'page' | 'repetition' | 'pair' | null
}

export interface SearchResult {
  /** Best first, ten at most; a question-and-answer pair that is asked for stands alone. */
  passages: FoundPassage[]
  /** The best thirty. */
  considered: Considered[]
  /** The question, and how it reads after the one that it follows. */
  asked: string[]
  /** The embedding model had no part in it. */
  isByWordsAlone: boolean
  /** What the embedding model threw, if it was that. */
  failure: unknown
  /** `unknown`: nothing here answers it, and no model need be asked. `unsure`: the model must decide. */
  verdict: Verdict
  /** The best passage's score; 0 without one. */
  best: number
  thresholds: Thresholds
}

/** What a search reads first, where its caller reads it along with something else: `indexSql`, with these `terms`. */
export class Reading {
  readonly terms: string
  readonly questionTerms: QuestionTerms
  private found: FoundIndex | null = null

  constructor(question: string) {
    this.questionTerms = questionTerms(question)
    this.terms = [...new Set(allTerms(this.questionTerms))].join('\n')
  }

  take(row: Parameters<typeof foundFrom>[0]): void {
    this.found = foundFrom(row)
  }

  /** What was taken, once: it is large, and whoever holds the reading may hold it long. */
  give(): FoundIndex | null {
    const { found } = this
    this.found = null
    return found
  }
}

interface SearchPorts {
  db: Db
  /** The one that the bot has chosen. */
  embeddings: EmbeddingModel | null
  log: Log
  /** `provider:model` as the model of a space names itself. */
  openModel?: (ref: string) => Promise<EmbeddingModel>
}

const foundCount = 10
/** Read for the ten, as some are repetitions. */
const readCount = 14
const consideredCount = 30
const wanted = { ranked: consideredCount, read: readCount }

/** A question asked anew with the one before it counts a little less than one that says all itself. */
const contextShare = 0.95

/**
 * Replaces all passages of a page in one transaction; until then the old ones are found. Passages that are unchanged
 * keep their ids, and text that the bot has already is not embedded again. A page that is gone meanwhile is left alone.
 * Throws ModelError when the embedding model fails; nothing has changed then. What `alongside` writes is part of the
 * transaction: when it throws, nothing has changed either.
 */
export async function indexPage(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  workspaceId: WorkspaceId,
  botId: BotId,
  page: PageToIndex,
  passages: PassageToIndex[],
  alongside?: (tx: Db) => Promise<void>,
): Promise<PageChanges> {
  const prepared = preparePassages(page, passages)
  const spaceId = await spaceIdOf(db, embeddings)
  const vectors = await vectorsFor({ db, embeddings }, workspaceId, botId, spaceId, prepared)
  return db.transaction(async (tx) => {
    const changes = await swapPage(tx, workspaceId, botId, page.pageId, prepared, { spaceId, vectors })
    await alongside?.(tx)
    return changes
  })
}

/**
 * Takes pages out of the index in one transaction: their passages, vectors and postings. Call it before the pages' rows are
 * deleted; what a deleted row leaves of its postings is never found and goes at the next `calibrate`.
 */
export async function removePages(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  pageIds: PageId[],
): Promise<void> {
  await db.transaction((tx) => clearPages(tx, workspaceId, botId, pageIds))
}

/** The passages of a page as they are found, in its order. */
export async function listPassages(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  pageId: PageId,
): Promise<PassageToIndex[]> {
  return db
    .select({ headings: passages.headings, text: passages.text, tokens: passages.tokens })
    .from(passages)
    .where(and(eq(passages.workspaceId, workspaceId), eq(passages.botId, botId), eq(passages.pageId, pageId)))
    .orderBy(passages.position)
}

/** Passages by their ids, as far as they are still there. */
export async function readPassages(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  ids: number[],
): Promise<Map<number, Omit<FoundPassage, 'pageId' | 'score' | 'cosine' | 'lexical'>>> {
  const rows = await findPassages(db, workspaceId, botId, ids)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Of the bots that chose this model (null: the default) those that were indexed with another one, which still answers. */
export async function listBotsOfOtherModels(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  chosen: string | null,
): Promise<{ workspaceId: WorkspaceId; botId: BotId }[]> {
  return botsOutside(db, embeddings, chosen)
}

/** The embedding models that the bots have chosen, null being the default. */
export async function listChosenModels({ db }: { db: Db }): Promise<(string | null)[]> {
  return chosenModels(db)
}

/**
 * Learns from questions that no bot answers how low a score means "I don't know", and clears what deleted pages left
 * behind. For after each change of the knowledge. Throws ModelError.
 */
export async function calibrate(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  workspaceId: WorkspaceId,
  botId: BotId,
): Promise<Thresholds> {
  return thresholdsFrom(await calibrateBot({ db, embeddings }, workspaceId, botId))
}

/**
 * The bot's passages that bear on a question, with the conversation in view (`history`, oldest first, without the
 * question). A `reading` of the question that was done already is not done again. While the bot changes to another embedding model the old one, opened with `openModel`, answers. When the
 * embedding model fails or there is none, words alone decide. Throws the reason of `signal` once it is aborted.
 */
export async function search(
  { db, embeddings, log, openModel }: SearchPorts,
  workspaceId: WorkspaceId,
  botId: BotId,
  { question, history, reading }: { question: string; history: readonly ModelMessage[]; reading?: Reading },
  signal?: AbortSignal,
): Promise<SearchResult> {
  const context = withContext(question, history)
  const texts = context === null ? [question] : [question, context]
  const terms = [
    reading?.questionTerms ?? questionTerms(question),
    ...(context === null ? [] : [questionTerms(context)]),
  ]
  const known = reading?.give() ?? null
  let failure: unknown = null
  const embed = (model: EmbeddingModel) =>
    model.embed(texts, 'query', signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      failure = error
      log.warn({ err: error, botId }, 'the embedding model failed: searching by words alone')
      return null
    })
  const [vectors, found] = await Promise.all([
    embeddings && embed(embeddings),
    reading && context === null ? known : findIndex(db, workspaceId, botId, [...new Set(terms.flatMap(allTerms))]),
  ])
  // A bot that was given nothing to know: its instructions may be all that its owner wants it to use.
  if (!found || isEmpty(found.index)) {
    const thresholds = thresholdsFrom(defaultLow.fused)
    const nothing = { passages: [], considered: [], verdict: 'unsure' as const, best: 0 }
    return { ...nothing, thresholds, asked: texts, isByWordsAlone: !vectors, failure }
  }

  const { index, postings } = found
  const isCurrent = embeddings !== null && isSpaceOf(index, embeddings)
  const before = isCurrent ? null : await modelOf(index, openModel)
  const comparable = isCurrent ? vectors : before && (await embed(before))
  const isMultilingual = (before ?? embeddings)?.isMultilingual ?? false
  const [asked, inContext] = await Promise.all(
    terms.map((one, at) => {
      const asking = { terms: one, vector: comparable?.[at] ?? null }
      return rank(db, workspaceId, botId, index, postings, asking, isMultilingual, wanted)
    }),
  )
  const ranked = inContext ? merge(asked?.ranked ?? [], inContext.ranked) : (asked?.ranked ?? [])
  const best = ranked[0]?.score ?? 0
  const thresholds = thresholdsFrom(
    comparable ? (index.lowFused ?? defaultLow.fused) : (index.lowLexical ?? defaultLow.lexical),
  )
  const few = fewOfEachPage(ranked)
  const read = few.slice(0, readCount)
  const rows = new Map([...(asked?.passages ?? []), ...(inContext?.passages ?? [])].map((row) => [row.id, row]))
  const missing = read.map(({ id }) => id).filter((id) => !rows.has(id))
  for (const row of await findPassages(db, workspaceId, botId, missing)) rows.set(row.id, row)
  const readable = read.flatMap(({ slot: _, ...scores }) => {
    const row = rows.get(scores.id)
    return row ? [{ ...row, ...scores }] : []
  })
  const pairs = readable.filter((passage) => isAskedFor(passage, texts))
  const { distinct, repeated } = withoutRepetitions(pairs.length > 0 ? pairs : readable, foundCount)
  const passages = distinct.map(({ analysis: _, ...passage }) => passage)

  const places = { few: idsOf(few), repeated: idsOf(repeated), given: idsOf(passages) }
  return {
    passages,
    considered: ranked.slice(0, consideredCount).map(({ id, pageId, score, cosine, lexical }) => {
      const leftOut = reasonFor(id, places, pairs.length > 0)
      return {
        passageId: id,
        pageId,
        score: rounded(score),
        cosine: rounded(cosine),
        lexical: rounded(lexical),
        leftOut,
      }
    }),
    verdict: pairs.length > 0 ? 'answerable' : verdictOf(best, thresholds),
    best,
    thresholds,
    asked: texts,
    isByWordsAlone: !comparable,
    failure,
  }
}

/** The model whose vectors the bot has, if it can still be opened. */
async function modelOf(index: IndexState, openModel: SearchPorts['openModel']): Promise<EmbeddingModel | null> {
  const { provider, model } = index
  if (!openModel || provider === null || model === null) return null
  const opened = await openModel(modelRefOf({ provider, model })).catch(() => null)
  return opened && isSpaceOf(index, opened) ? opened : null
}

/** As much as anybody reads, and a third of what is stored. */
const rounded = (score: number) => Math.round(score * 10_000) / 10_000

const idsOf = (ranked: readonly { id: number }[]) => new Set(ranked.map(({ id }) => id))

type Places = Record<'few' | 'repeated' | 'given', Set<number>>

function reasonFor(id: number, places: Places, hasPair: boolean): Considered['leftOut'] {
  if (places.given.has(id)) return null
  if (hasPair) return 'pair'
  if (!places.few.has(id)) return 'page'
  return places.repeated.has(id) ? 'repetition' : 'rank'
}

function merge(asked: Ranked[], inContext: Ranked[]): Ranked[] {
  const best = new Map(asked.map((one) => [one.id, one]))
  for (const one of inContext) {
    const score = one.score * contextShare
    if (score > (best.get(one.id)?.score ?? 0)) best.set(one.id, { ...one, score })
  }
  return [...best.values()].sort((one, other) => other.score - one.score)
}

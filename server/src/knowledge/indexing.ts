/** Brings a page's passages into the bot's index, in one step for whoever searches meanwhile. */
import { createHash } from 'node:crypto'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import { type Analysis, analysisOf, analysisVersion } from '../platform/text/analysis.ts'
import { halfvecBytes } from './halfvec.ts'
import {
  deleteOtherSpaces,
  deletePassages,
  findVectors,
  holdPage,
  insertPassages,
  insertVectors,
  isSpaceFull,
  type LockedIndex,
  lockIndex,
  movePassages,
  type NewPassage,
  type StoredVector,
  saveIndex,
} from './index-store.ts'
import { passageTerms } from './postings.ts'
import { rebuildPostings } from './rebuild.ts'
import { partsOf, textsToEmbed } from './windows.ts'

export interface PageToIndex {
  pageId: PageId
  title: string
  /** BCP 47, or null when nobody knows. */
  language: string | null
  /** The title is a question and the text its owner's answer. */
  isPair?: boolean
}

export interface PassageToIndex {
  headings: string[]
  text: string
  /** As the chunker counts them. */
  tokens: number
  /** Of a PDF the page that it begins on, from 1. */
  page?: number | null
  /** Where in the text the pages after that one begin. */
  pageStarts?: number[]
}

/** Passages of the page by what became of them. */
export interface PageChanges {
  added: number
  kept: number
  removed: number
}

type Vectors = Map<string, StoredVector[]>

/** Passages with equal title, headings and text are one. */
export function preparePassages(page: PageToIndex, passages: PassageToIndex[]): NewPassage[] {
  const { title, isPair = false } = page
  const byHash = new Map<string, NewPassage>()
  for (const { headings, text, tokens, page: number = null, pageStarts = [] } of passages) {
    const contentHash = createHash('sha256')
      .update(JSON.stringify(isPair ? ['pair', title, text] : [title, headings, text]))
      .digest('hex')
    if (byHash.has(contentHash)) continue
    const passage = {
      title,
      headings,
      text,
      page: number,
      pageStarts,
      isPair,
      analysis: analysisOf(text, page.language),
    }
    byHash.set(contentHash, { ...passage, position: byHash.size, tokens, contentHash, terms: passageTerms(passage) })
  }
  return [...byHash.values()]
}

/** Vectors of every passage by its hash: those the bot has are taken, the others are made. */
export async function vectorsFor(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  workspaceId: WorkspaceId,
  botId: BotId,
  spaceId: number,
  passages: NewPassage[],
): Promise<Vectors> {
  const hashes = passages.map((passage) => passage.contentHash)
  const vectors = await findVectors(db, workspaceId, botId, spaceId, hashes)
  const missing = passages
    .filter((passage) => !vectors.has(passage.contentHash))
    .map((passage) => ({ hash: passage.contentHash, texts: textsToEmbed(passage, embeddings) }))
  if (missing.length === 0) return vectors
  const embedded = await embeddings.embed(
    missing.flatMap(({ texts }) => texts),
    'passage',
  )
  let next = 0
  for (const { hash, texts } of missing) {
    vectors.set(hash, partsOf(embedded.slice(next, next + texts.length)).map(halfvecBytes))
    next += texts.length
  }
  return vectors
}

/** Replaces the page's passages. Does nothing if the page is gone. */
export async function swapPage(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  pageId: PageId,
  passages: NewPassage[],
  { spaceId, vectors }: { spaceId: number; vectors: Vectors },
): Promise<PageChanges> {
  const index = await lockCurrentIndex(tx, workspaceId, botId)
  if (!(await holdPage(tx, workspaceId, botId, pageId))) return { added: 0, kept: 0, removed: 0 }

  const hashes = passages.map((passage) => passage.contentHash)
  const removed = await deletePassages(tx, workspaceId, botId, [pageId], hashes)
  const kept = await movePassages(tx, workspaceId, botId, pageId, passages)
  const fresh = passages.filter((passage) => !kept.has(passage.contentHash))
  const added = await insertPassages(tx, workspaceId, botId, pageId, index.nextSlot, fresh)

  for (const { analysis, length } of removed) count(index, analysis, -1, -length)
  for (const { analysis, terms } of fresh) count(index, analysis, 1, terms.length)
  index.nextSlot += fresh.length
  const rows = [...kept, ...added].flatMap(([hash, passageId]) =>
    (vectors.get(hash) ?? []).map((embedding, part) => ({ passageId, part, embedding })),
  )
  await insertVectors(tx, workspaceId, botId, spaceId, rows)
  await settleSpace(tx, workspaceId, botId, index, spaceId)
  await saveIndex(tx, workspaceId, botId, index)
  return { added: fresh.length, kept: kept.size, removed: removed.length }
}

/** A statement's worth of pages. */
const pagesPerStatement = 200

/** Ends all passages of these pages. */
export async function clearPages(tx: Db, workspaceId: WorkspaceId, botId: BotId, pageIds: PageId[]): Promise<void> {
  if (pageIds.length === 0) return
  const index = await lockCurrentIndex(tx, workspaceId, botId)
  for (let at = 0; at < pageIds.length; at += pagesPerStatement) {
    const some = pageIds.slice(at, at + pagesPerStatement)
    for (const { analysis, length } of await deletePassages(tx, workspaceId, botId, some, []))
      count(index, analysis, -1, -length)
  }
  await saveIndex(tx, workspaceId, botId, index)
}

/** The index, its postings made anew first if an older version of the analysis made them. */
async function lockCurrentIndex(tx: Db, workspaceId: WorkspaceId, botId: BotId): Promise<LockedIndex> {
  const index = await lockIndex(tx, workspaceId, botId)
  if (index.analysisVersion !== analysisVersion) await rebuildPostings(tx, workspaceId, botId, index)
  return index
}

function count(index: LockedIndex, analysis: Analysis, passages: number, length: number): void {
  const totals = index.lexicon[analysis] ?? { passages: 0, length: 0 }
  index.lexicon[analysis] = { passages: totals.passages + passages, length: totals.length + length }
}

/** A bot changes to another model's space only once all its passages are in it; until then the old one answers. */
export async function settleSpace(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  index: LockedIndex,
  spaceId: number,
): Promise<void> {
  if (index.spaceId === spaceId) return
  if (index.spaceId !== null && !(await isSpaceFull(tx, workspaceId, botId, spaceId))) return
  index.spaceId = spaceId
  await deleteOtherSpaces(tx, workspaceId, botId, spaceId)
}

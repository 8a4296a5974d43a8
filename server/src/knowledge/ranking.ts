/** From a question to its passages in order of their fused score. */
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { type QuestionTerms, scoreLexically } from './bm25.ts'
import { type Candidate, findCandidates, type IndexState, type PassageRow, type Wanted } from './candidates.ts'
import { maxPerPage } from './diversity.ts'
import { fuse } from './fusion.ts'
import type { PostingRow } from './postings.ts'

export interface Ranked extends Omit<Candidate, 'cosine'> {
  cosine: number
  /** BM25 as a share of the most that the question could score. */
  lexical: number
  score: number
}

/** How many of the best by terms are looked at beside the nearest by vector. */
const lexicalCount = 50

export interface Question {
  terms: QuestionTerms
  /** Null when only terms are compared. */
  vector: Float32Array | null
}

/** Best first, with the text of the best. `rows` are the postings of the question's terms, and perhaps of others. */
export async function rank(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  index: IndexState,
  rows: PostingRow[],
  { terms, vector }: Question,
  isMultilingual: boolean,
  wanted: Omit<Wanted, 'maxPerPage'> = { ranked: null, read: 0 },
): Promise<{ ranked: Ranked[]; passages: PassageRow[] }> {
  const scores = scoreLexically(terms, rows, index.lexicon, index.nextSlot)
  const slots = topSlots(scores)
  const looked = {
    slots,
    lexical: scores,
    nearest: vector && index.spaceId !== null ? { spaceId: index.spaceId, vector } : null,
    isIndexed: index.indexedSpaceId !== null && index.indexedSpaceId === index.spaceId,
    isMultilingual,
  }
  const { candidates, passages } = await findCandidates(db, workspaceId, botId, looked, { ...wanted, maxPerPage })
  const ranked = candidates
    .map(({ id, slot, pageId, analysis, cosine }) => {
      const legs = { cosine: cosine ?? 0, lexical: scores[slot] ?? 0 }
      return { id, slot, pageId, analysis, ...legs, score: fuse(legs, analysis, isMultilingual) }
    })
    .sort((one, other) => other.score - one.score || one.id - other.id)
  return { ranked, passages }
}

/** The slots of the best scores, best first. */
function topSlots(scores: Float32Array): number[] {
  const best: number[] = []
  const scoreAt = (place: number) => scores[best[place] ?? -1] ?? 0
  for (let slot = 0; slot < scores.length; slot++) {
    const score = scores[slot] ?? 0
    if (score <= 0 || (best.length === lexicalCount && score <= scoreAt(lexicalCount - 1))) continue
    let place = Math.min(best.length, lexicalCount - 1)
    for (; place > 0 && score > scoreAt(place - 1); place--) best[place] = best[place - 1] ?? 0
    best[place] = slot
  }
  return best
}

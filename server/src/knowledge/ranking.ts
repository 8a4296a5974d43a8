/** From a question to its passages in order of their fused score. */
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { type QuestionTerms, scoreLexically } from './bm25.ts'
import { type Candidate, findCandidates, type IndexState } from './candidates.ts'
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

/** Best first. `rows` are the postings of the question's terms, and perhaps of others. */
export async function rank(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  index: IndexState,
  rows: PostingRow[],
  { terms, vector }: Question,
  isMultilingual: boolean,
): Promise<Ranked[]> {
  const lexical = scoreLexically(terms, rows, index.lexicon, index.nextSlot)
  const nearest = vector && index.spaceId !== null ? { spaceId: index.spaceId, vector } : null
  const candidates = await findCandidates(db, workspaceId, botId, topSlots(lexical), nearest)
  return candidates
    .map((candidate) => {
      const scores = { cosine: candidate.cosine ?? 0, lexical: lexical[candidate.slot] ?? 0 }
      return { ...candidate, ...scores, score: fuse(scores, candidate.analysis, isMultilingual) }
    })
    .sort((one, other) => other.score - one.score || one.id - other.id)
}

function topSlots(scores: Float32Array): number[] {
  const found: number[] = []
  scores.forEach((score, slot) => {
    if (score > 0) found.push(slot)
  })
  return found.sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0)).slice(0, lexicalCount)
}

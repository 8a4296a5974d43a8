/**
 * BM25 (Robertson and Zaragoza, 2009; idf as Lucene has it) as a share of the most that the question could score, so
 * that scores compare across questions and add up with cosines. The most counts one term beyond the question's, which
 * no passage has: a question of one word is not answered in full by whatever passage has the word.
 */
import { type Analysis, termsOf } from '../platform/text/analysis.ts'
import { addScores, entryCount, lengthByCode, type PostingRow } from './postings.ts'
import type { LexiconTotals } from './tables.ts'

const k1 = 1.2
const b = 0.75

/** Grams of a language that are in more passages than this are its function words. */
const maxGramShare = 0.2
/** Below so many passages a share says nothing. */
const minPassagesForShare = 50

const analyses: Analysis[] = ['english', 'grams', 'words']

export type QuestionTerms = Map<Analysis, Set<string>>

/** A question's terms in every analysis: passages of several languages may stand in one bot. */
export function questionTerms(question: string): QuestionTerms {
  return new Map(analyses.map((analysis) => [analysis, new Set(termsOf(question, analysis))]))
}

export const allTerms = (terms: QuestionTerms) => [...terms.values()].flatMap((set) => [...set])

/** Score by slot, 0 to about 1; `slots` is the number of slots given out. */
export function scoreLexically(
  terms: QuestionTerms,
  rows: PostingRow[],
  lexicon: Partial<Record<Analysis, LexiconTotals>>,
  slots: number,
): Float32Array {
  const scores = new Float32Array(slots)
  const rowsByTerm = Map.groupBy(rows, (row) => row.term)
  for (const [analysis, set] of terms) {
    const totals = lexicon[analysis]
    if (!totals || totals.passages === 0) continue
    const found = [...set].map((term) => {
      const rowsOfTerm = rowsByTerm.get(term) ?? []
      return { rows: rowsOfTerm, passages: rowsOfTerm.reduce((sum, row) => sum + entryCount(row), 0) }
    })
    const counted = analysis === 'grams' ? withoutCommon(found, totals.passages) : found
    const idfs = counted.map(({ passages }) => Math.log(1 + (totals.passages - passages + 0.5) / (passages + 0.5)))
    const unseen = Math.log(1 + (totals.passages + 0.5) / 0.5)
    const most = (idfs.reduce((sum, idf) => sum + idf, 0) + unseen) * (k1 + 1)
    const averageLength = totals.length / totals.passages
    const saturation = lengthByCode.map((length) => k1 * (1 - b + (b * length) / averageLength))
    counted.forEach((term, at) => {
      const weight = ((idfs[at] ?? 0) * (k1 + 1)) / most
      for (const row of term.rows) addScores(row, scores, weight, saturation)
    })
  }
  return scores
}

function withoutCommon<T extends { passages: number }>(terms: T[], passages: number): T[] {
  if (passages < minPassagesForShare) return terms
  const rare = terms.filter((term) => term.passages <= maxGramShare * passages)
  return rare.length > 0 ? rare : terms
}

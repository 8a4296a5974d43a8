/**
 * One score of two: `g·cosine + λ·lexical`. Unlike rank fusion it compares across questions, so it is also how sure
 * retrieval is. How far the cosine is believed depends on whether the model knows the passage's language.
 */
import type { Analysis } from '../platform/text/analysis.ts'

interface Gate {
  cosine: number
  lexical: number
}

const understood: Gate = { cosine: 1, lexical: 0.7 }

const gatesOfEnglishModel: Readonly<Record<Analysis, Gate>> = {
  english: understood,
  grams: { cosine: 0.3, lexical: 1 },
  words: { cosine: 0, lexical: 1 },
}

export function fuse(scores: { cosine: number; lexical: number }, analysis: Analysis, isMultilingual: boolean): number {
  const gate = isMultilingual ? understood : gatesOfEnglishModel[analysis]
  return gate.cosine * Math.max(0, scores.cosine) + gate.lexical * scores.lexical
}

/** `.5·whole + .5·best window` in SQL is the cosine; this is the distance between the two thresholds. */
const unsureBand = 0.2

export type Verdict = 'answerable' | 'unsure' | 'unknown'

export interface Thresholds {
  /** Below it no passage answers the question. */
  low: number
  /** From it on the best passage answers it. */
  high: number
}

export function thresholdsFrom(low: number): Thresholds {
  return { low, high: low + unsureBand }
}

export function verdictOf(best: number, { low, high }: Thresholds): Verdict {
  if (best < low) return 'unknown'
  return best < high ? 'unsure' : 'answerable'
}

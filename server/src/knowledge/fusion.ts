/**
 * One score of two: `g·cosine + λ·lexical`. Unlike rank fusion it compares across questions, so it is also how sure
 * retrieval is. How far the cosine is believed depends on whether the model knows the passage's language.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Analysis } from '../platform/text/analysis.ts'

interface Gate {
  cosine: number
  lexical: number
}

/**
 * How far each leg is believed, measured on questions of several kinds (see the decision on retrieval). Where the model
 * does not know the language the sum is scaled so that a score means as much as it does in English.
 */
const understood: Gate = { cosine: 1, lexical: 0.8 }

const gatesOfEnglishModel: Readonly<Record<Analysis, Gate>> = {
  english: understood,
  grams: { cosine: 0.35, lexical: 1.15 },
  words: { cosine: 0, lexical: 2.1 },
}

/** With a cosine of 0 it is what words alone say. */
export function fuse(scores: { cosine: number; lexical: number }, analysis: Analysis, isMultilingual: boolean): number {
  const gate = isMultilingual ? understood : gatesOfEnglishModel[analysis]
  return gate.cosine * Math.max(0, scores.cosine) + gate.lexical * scores.lexical
}

/** The same of the columns `cosine`, `lexical` and `analysis`; a passage without a vector has a cosine of 0. */
export function fusedScoreSql(isMultilingual: boolean): SQL {
  const gates = isMultilingual ? { english: understood, grams: understood, words: understood } : gatesOfEnglishModel
  const weight = (leg: keyof Gate) =>
    sql.raw(`case analysis when 'english' then ${gates.english[leg]}::float8
      when 'grams' then ${gates.grams[leg]}::float8 else ${gates.words[leg]}::float8 end`)
  return sql`(${weight('cosine')}) * greatest(0, coalesce(cosine, 0)) + (${weight('lexical')}) * lexical`
}

/** Between the two thresholds the evidence is too thin to answer from and too good to refuse: the model decides. */
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

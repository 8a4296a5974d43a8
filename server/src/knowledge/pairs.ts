/** Question-and-answer pairs: what an owner has answered in so many words wins over everything else. */
import { type Analysis, termsOf } from '../platform/text/analysis.ts'

/**
 * Questions that mean the same are this near to each other: of StackFAQ's paraphrases it finds half, and takes one in
 * fifty questions for a pair that is not its own. Those it misses are ranked as any other passage.
 */
const sameMeaning = 0.72

/** Questions that share this much of their terms ask the same, whatever the model makes of their language. */
const sameTerms = 0.6

interface Pair {
  isPair: boolean
  title: string
  analysis: Analysis
  cosine: number
}

/** Whether the passage is a pair that one of these questions asks for. */
export function isAskedFor({ isPair, title, analysis, cosine }: Pair, questions: readonly string[]): boolean {
  if (!isPair) return false
  if (cosine >= sameMeaning) return true
  const terms = new Set(termsOf(title, analysis))
  return questions.some((question) => share(new Set(termsOf(question, analysis)), terms) >= sameTerms)
}

function share(one: Set<string>, other: Set<string>): number {
  const common = one.intersection(other).size
  return common / Math.max(1, one.size + other.size - common)
}

/** What is worth showing of a ranking: not one page alone, and nothing twice. */

interface Scored {
  pageId: string
  cosine: number
  lexical: number
}

export const maxPerPage = 3

/** Texts that share this much of their words say the same. */
const sameShare = 0.95

/** Texts that say the same score the same, so only such are compared. */
const sameScore = 0.03

/** Nor does a text say the same as one of less than this share of its length. */
const sameLength = 0.7

/** The ranking without the fourth and further passages of a page. */
export function fewOfEachPage<T extends Pick<Scored, 'pageId'>>(ranked: T[]): T[] {
  const seen = new Map<string, number>()
  return ranked.filter(({ pageId }) => {
    const count = (seen.get(pageId) ?? 0) + 1
    seen.set(pageId, count)
    return count <= maxPerPage
  })
}

/** The ranking without the lower of two passages that say the same. */
export function withoutRepetitions<T extends Scored & { text: string }>(ranked: T[]): T[] {
  const wordsOf = new Map<T, Set<string>>()
  function words(passage: T): Set<string> {
    const known = wordsOf.get(passage) ?? new Set(passage.text.toLowerCase().match(/[\p{L}\p{N}]+/gu))
    wordsOf.set(passage, known)
    return known
  }
  const chosen: T[] = []
  for (const passage of ranked) {
    if (!chosen.some((one) => mayBeSame(one, passage) && areSame(words(one), words(passage)))) chosen.push(passage)
  }
  return chosen
}

/** What rules out most pairs before their words are looked at. */
function mayBeSame(one: Scored & { text: string }, other: Scored & { text: string }): boolean {
  return (
    Math.abs(one.cosine - other.cosine) <= sameScore &&
    Math.abs(one.lexical - other.lexical) <= sameScore &&
    Math.min(one.text.length, other.text.length) >= sameLength * Math.max(one.text.length, other.text.length)
  )
}

function areSame(words: Set<string>, otherWords: Set<string>): boolean {
  if (Math.min(words.size, otherWords.size) < sameShare * Math.max(words.size, otherWords.size)) return false
  const shared = words.intersection(otherWords).size
  return shared >= sameShare * (words.size + otherWords.size - shared)
}

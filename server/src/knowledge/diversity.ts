/** What is worth showing of a ranking: not one page alone, and nothing twice. */

interface Passage {
  pageId: string
  score: number
  cosine: number
  lexical: number
  text: string
}

const maxPerPage = 3

/** Texts that share this much of their words say the same. */
const sameShare = 0.9

/** Texts that say the same score the same, so only such are compared. */
const sameScore = 0.03

/** The first `count` of the ranked passages, with at most three of a page and without repetitions. */
export function diverse<T extends Passage>(ranked: T[], count: number): T[] {
  const chosen: T[] = []
  for (const passage of ranked) {
    if (chosen.length === count) break
    if (chosen.filter((one) => one.pageId === passage.pageId).length >= maxPerPage) continue
    if (chosen.some((one) => saySame(one, passage))) continue
    chosen.push(passage)
  }
  return chosen
}

function saySame(one: Passage, other: Passage): boolean {
  if (Math.abs(one.cosine - other.cosine) > sameScore || Math.abs(one.lexical - other.lexical) > sameScore) return false
  const [words, otherWords] = [wordsOf(one.text), wordsOf(other.text)]
  const shared = words.intersection(otherWords).size
  return shared >= sameShare * (words.size + otherWords.size - shared)
}

const wordsOf = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))

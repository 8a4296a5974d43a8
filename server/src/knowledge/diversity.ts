/** What is worth showing of a ranking: not one page alone, and nothing twice. */

interface Scored {
  pageId: string
  cosine: number
  lexical: number
}

const maxPerPage = 3

/** Texts that share this much of their words say the same. */
const sameShare = 0.95

/** Texts that say the same score the same, so only such are compared. */
const sameScore = 0.03

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
  const chosen: T[] = []
  for (const passage of ranked) if (!chosen.some((one) => saySame(one, passage))) chosen.push(passage)
  return chosen
}

function saySame(one: Scored & { text: string }, other: Scored & { text: string }): boolean {
  if (Math.abs(one.cosine - other.cosine) > sameScore || Math.abs(one.lexical - other.lexical) > sameScore) return false
  const [words, otherWords] = [wordsOf(one.text), wordsOf(other.text)]
  const shared = words.intersection(otherWords).size
  return shared >= sameShare * (words.size + otherWords.size - shared)
}

const wordsOf = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))

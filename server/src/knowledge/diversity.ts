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

/** Nor does a text say the same as one of less than this share of its length, or of its outline. */
const sameLength = 0.7
const sameOutline = 0.7

/** The ranking without the fourth and further passages of a page. */
export function fewOfEachPage<T extends Pick<Scored, 'pageId'>>(ranked: T[]): T[] {
  const seen = new Map<string, number>()
  return ranked.filter(({ pageId }) => {
    const count = (seen.get(pageId) ?? 0) + 1
    seen.set(pageId, count)
    return count <= maxPerPage
  })
}

/** The first `count` of the ranking that do not say what a higher one says, and those among them that do. */
export function withoutRepetitions<T extends Scored & { text: string }>(
  ranked: T[],
  count: number,
): { distinct: T[]; repeated: T[] } {
  const chosen: Compared<T>[] = []
  const repeated: T[] = []
  for (const passage of ranked) {
    if (chosen.length === count) break
    const compared = new Compared(passage)
    if (chosen.some((one) => one.saysTheSameAs(compared))) repeated.push(passage)
    else chosen.push(compared)
  }
  return { distinct: chosen.map(({ passage }) => passage), repeated }
}

/** Asks first what costs least: nearly all pairs differ. */
class Compared<T extends Scored & { text: string }> {
  readonly passage: T
  private madeOutline: Uint32Array | undefined
  private madeWords: Set<string> | undefined

  constructor(passage: T) {
    this.passage = passage
  }

  saysTheSameAs(other: Compared<T>): boolean {
    const [{ cosine, lexical, text }, two] = [this.passage, other.passage]
    return (
      Math.abs(cosine - two.cosine) <= sameScore &&
      Math.abs(lexical - two.lexical) <= sameScore &&
      Math.min(text.length, two.text.length) >= sameLength * Math.max(text.length, two.text.length) &&
      sharedBits(this.outline, other.outline) >= sameOutline &&
      areSame(this.words, other.words)
    )
  }

  private get outline(): Uint32Array {
    this.madeOutline ??= outlineOf(this.passage.text)
    return this.madeOutline
  }

  private get words(): Set<string> {
    this.madeWords ??= new Set(this.passage.text.toLowerCase().match(/[\p{L}\p{N}]+/gu))
    return this.madeWords
  }
}

function areSame(words: Set<string>, otherWords: Set<string>): boolean {
  if (Math.min(words.size, otherWords.size) < sameShare * Math.max(words.size, otherWords.size)) return false
  const shared = words.intersection(otherWords).size
  return shared >= sameShare * (words.size + otherWords.size - shared)
}

const outlineBits = 512

/** A bit for each word of ASCII and for each other character: a tenth of the cost of the words themselves. */
function outlineOf(text: string): Uint32Array {
  const bits = new Uint32Array(outlineBits / 32)
  let hash = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0
    const folded = code | 32
    if ((folded >= 97 && folded <= 122) || (code >= 48 && code <= 57)) {
      hash = (Math.imul(hash, 31) + folded) | 0
      continue
    }
    if (hash !== 0) mark(bits, hash)
    hash = 0
    if (code > 127) mark(bits, code)
  }
  return bits
}

function mark(bits: Uint32Array, hash: number): void {
  const bit = (Math.imul(hash, 0x9e3779b1) >>> 16) % outlineBits
  bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
}

/** Of the bits that are set in either those that are set in both. */
function sharedBits(one: Uint32Array, other: Uint32Array): number {
  let both = 0
  let either = 0
  for (let at = 0; at < one.length; at++) {
    const bits = one[at] ?? 0
    const others = other[at] ?? 0
    both += ones(bits & others)
    either += ones(bits | others)
  }
  return either === 0 ? 1 : both / either
}

function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555)
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333)
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

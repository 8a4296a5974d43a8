/** A made-up handbook: words of Zipf's frequencies, the same at every run. */

const syllables =
  'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu bri clo dra fle gri plo stra thu cha sho'.split(' ')

/** Mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const vocabularySize = 4_000

/** As many as visitors type; made-up words are three or four tokens each. */
const questionWords = 7

export interface Handbook {
  passages: string[]
  /** A question that the passage of the same number answers. */
  questionFor(n: number): string
}

export function makeHandbook(size: number, wordsEach = 70): Handbook {
  const random = randomFrom(1)
  const vocabulary = Array.from({ length: vocabularySize }, () =>
    Array.from({ length: 2 + Math.floor(random() * 2) }, () => syllables[Math.floor(random() * syllables.length)]).join(
      '',
    ),
  )
  const word = () => vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? 'the'
  const passages = Array.from({ length: size }, () => {
    const sentences = Array.from(
      { length: Math.ceil(wordsEach / 10) },
      () => `${Array.from({ length: 10 }, word).join(' ')}.`,
    )
    return sentences.join(' ')
  })
  return {
    passages,
    questionFor: (n) =>
      `What about ${(passages[n % size] ?? '')
        .split(' ')
        .slice(10, 10 + questionWords)
        .join(' ')}?`,
  }
}

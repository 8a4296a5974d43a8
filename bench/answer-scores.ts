/** How near an answer comes to the expected one, as SQuAD's evaluation reads both: lower case, without punctuation and articles. */

const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/gu

/** Words; of scripts that write no spaces, characters. */
function wordsOf(text: string, isEnglish: boolean): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\[\d{1,2}\]/g, ' ')
    .replace(unspaced, ' $& ')
    .replace(/[\p{P}\p{S}]/gu, '')
    .split(/\s+/)
  return words.filter((word) => word !== '' && !(isEnglish && /^(a|an|the)$/.test(word)))
}

export interface AnswerScore {
  isExact: boolean
  /** All of the expected answer stands in the given one. */
  isContained: boolean
  /** Of the expected words so many are in the given answer, wherever they stand. */
  recall: number
  f1: number
}

export function scoreAnswer(given: string, expected: string, isEnglish: boolean): AnswerScore {
  const [found, wanted] = [wordsOf(given, isEnglish), wordsOf(expected, isEnglish)]
  const left = Map.groupBy(found, (word) => word)
  const common = wanted.filter((word) => left.get(word)?.pop() !== undefined).length
  const recall = common / Math.max(1, wanted.length)
  const precision = common / Math.max(1, found.length)
  return {
    isExact: found.join(' ') === wanted.join(' '),
    isContained: ` ${found.join(' ')} `.includes(` ${wanted.join(' ')} `),
    recall,
    f1: common > 0 ? (2 * precision * recall) / (precision + recall) : 0,
  }
}

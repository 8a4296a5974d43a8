/** Text as the terms that the lexical leg of retrieval counts. */
import stem from 'wink-porter2-stemmer'
import { foreignWords, stopWords, unspacedStopWords } from './stop-words.ts'

/**
 * How a passage's text becomes terms: `english` stems words, `grams` cuts the words of other languages into pieces of
 * four characters beside the words themselves, `words` finds the words of scripts that write no spaces.
 */
export type Analysis = 'english' | 'grams' | 'words'

/** Raised when the same text gives other terms: postings of an older version are made anew. */
export const analysisVersion = 1

/** Scripts whose words are not separated by spaces. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu
const latin = /\p{sc=Latin}/gu
const letter = /\p{L}/gu
const word = /[\p{L}\p{M}\p{N}]+/gu
const hangul = /\p{sc=Hangul}/u

/** Fits all of these scripts: the dictionary is chosen by the characters, not by the locale. */
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })

const gramLength = 4
const maxTermLength = 40

/**
 * Which analysis suits a passage. Its own words decide; `language` (BCP 47, often wrong on the web) only where they
 * leave it open.
 */
export function analysisOf(text: string, language: string | null): Analysis {
  const letters = countOf(text, letter)
  if (countOf(text, unspaced) > letters * 0.2) return 'words'
  if (countOf(text, latin) < letters * 0.5) return 'grams'
  const words = wordsOf(text)
  const english = words.filter((one) => stopWords.has(one) && !foreignWords.has(one)).length
  const foreign = words.filter((one) => foreignWords.has(one) && !stopWords.has(one)).length
  if (english !== foreign) return english > foreign ? 'english' : 'grams'
  return language === null || /^en\b/i.test(language) ? 'english' : 'grams'
}

/** The terms of a text, in order and with repetitions, each marked with its analysis so that they never meet another's. */
export function termsOf(text: string, analysis: Analysis): string[] {
  if (analysis === 'english') return stemsOf(text)
  if (analysis === 'grams') return gramsOf(text)
  return segmentsOf(text)
}

function wordsOf(text: string): string[] {
  return folded(text).match(word) ?? []
}

/** Lower case, compatibility forms unified, accents of Latin, Greek and Cyrillic letters dropped. */
function folded(text: string): string {
  const lower = text.toLowerCase()
  return /^[\0-\x7f]*$/.test(lower)
    ? lower
    : lower
        .normalize('NFKD')
        .replace(/[\u0300-\u036f]/g, '')
        .normalize('NFC')
}

const stems = new Map<string, string>()
const maxStems = 50_000

function stemsOf(text: string): string[] {
  const terms: string[] = []
  for (const one of wordsOf(text)) {
    if (stopWords.has(one)) continue
    let term = stems.get(one)
    if (term === undefined) {
      term = `e:${(/^[a-z]+$/.test(one) ? stem(one) : one).slice(0, maxTermLength)}`
      if (stems.size >= maxStems) stems.clear()
      stems.set(one, term)
    }
    terms.push(term)
  }
  return terms
}

function gramsOf(text: string): string[] {
  const terms: string[] = []
  for (const one of wordsOf(text)) {
    if (foreignWords.has(one)) continue
    // Korean syllables carry more than a letter does, and its particles stick to the word.
    const length = hangul.test(one) ? 2 : gramLength
    for (let at = 0; at === 0 || at + length <= one.length; at++) terms.push(`g:${one.slice(at, at + length)}`)
    // The word itself is worth more than what it shares with others.
    const whole = `g:=${one.slice(0, maxTermLength)}`
    terms.push(whole, whole)
  }
  return terms
}

function segmentsOf(text: string): string[] {
  const plain = folded(text)
  if (plain.search(unspaced) < 0) return (plain.match(word) ?? []).map((one) => `w:${one.slice(0, maxTermLength)}`)
  const terms: string[] = []
  for (const { segment, isWordLike } of segmenter.segment(plain)) {
    if (isWordLike && !unspacedStopWords.has(segment)) terms.push(`w:${segment.slice(0, maxTermLength)}`)
  }
  return terms
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** Citations that can be proven: a number in the answer stands only for a passage that was given, a quote only for words that stand in it. */
import type { Citation } from '@mevichat/protocol/chat.ts'
import type { FoundPassage } from '../knowledge/knowledge.ts'
import { type Sentence, splitSentences } from '../platform/models/sentences.ts'

/** What may be the beginning of a marker or of code, or the space before it; looked for in the last so many characters. */
const unfinished = /(?:\s?\[[\d\s,]{0,12}|`+\s?|\s+|[\uD800-\uDBFF])$/
const maxHeldChars = 64

/**
 * Rewrites the model's markers as its text streams by: `[3]` becomes the next number of the answer, by order of appearance;
 * a number that names no passage is left out, and so are all where `isShown` is false. Code is left as it is.
 */
export class CitationMarkers {
  private readonly passages: readonly FoundPassage[]
  private readonly isShown: boolean
  /** Passages in the order in which the answer cites them. */
  readonly cited: FoundPassage[] = []
  private held = ''
  /** Length of the run of backticks that opened the code we are in; 0 outside. */
  private codeFence = 0

  constructor(passages: readonly FoundPassage[], isShown: boolean) {
    this.passages = passages
    this.isShown = isShown
  }

  /** The text that may be shown now; what could be the beginning of a marker waits for the next piece. */
  push(piece: string): string {
    const text = this.held + piece
    const end = text.slice(-maxHeldChars)
    const cut = text.length - end.length + (unfinished.exec(end)?.index ?? end.length)
    this.held = text.slice(cut)
    return this.rewrite(text.slice(0, cut))
  }

  /** What was still waiting. */
  flush(): string {
    const rest = this.rewrite(this.held)
    this.held = ''
    return rest
  }

  private rewrite(text: string): string {
    return text.replace(
      /(`+)(?=(\s[^`\s])?)|\n\s*\n|(\s?)\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\](?!\()/g,
      (all, fence?: string, word?: string, space?: string, numbers?: string) => {
        if (fence !== undefined) {
          // Two before a space and a word are a quotation mark of old typesetting: `` so ''.
          if (this.codeFence === 0 && fence.length === 2 && word) return all
          if (this.codeFence === 0) this.codeFence = fence.length
          else if (this.codeFence === fence.length) this.codeFence = 0
          return all
        }
        if (numbers === undefined) {
          // Inline code ends with its paragraph: a lone backtick opened none.
          if (this.codeFence < 3) this.codeFence = 0
          return all
        }
        if (this.codeFence > 0) return all
        const markers = numbers.split(',').map((number) => this.markerFor(Number(number)))
        const shown = [...new Set(markers)].join('')
        return shown && `${space ?? ''}${shown}`
      },
    )
  }

  private markerFor(number: number): string {
    const passage = this.passages[number - 1]
    if (!passage || !this.isShown) return ''
    if (!this.cited.includes(passage)) this.cited.push(passage)
    return `[${this.cited.indexOf(passage) + 1}]`
  }
}

/**
 * For each number in the answer the passage's sentences that bear out what is said before it; none where no sentence
 * does. Sentences that stand close together are one quote; of others the best is quoted, and the link marks them all.
 */
export function prove(answer: string, cited: readonly FoundPassage[], publicUrl: string): Citation[] {
  const parts = answer.split(/(?<=\])(?!\s?\[)|\n/)
  return cited.flatMap((passage, at) => {
    const quotes = quotesFor(passage, claimsIn(parts, at + 1))
    const [quote] = quotes
    if (quote === undefined) return []
    const page = pageOf(passage, quote)
    const title = page === null ? passage.title : `${passage.title}, page ${page}`
    return [{ index: at + 1, title, url: linkTo(passage.url, page, quotes, publicUrl), quote }]
  })
}

/** All verbatim, first the one to be shown. */
function quotesFor({ text, isPair }: FoundPassage, claims: Set<string>[]): string[] {
  const quotables = splitSentences(text)
    .flatMap(partsOf)
    .map((part) => ({ ...part, words: wordsOf(part.text) }))
  const found = claims.flatMap((claim) => bestQuote(quotables, claim) ?? [])
  if (found.length === 0) return isPair ? [openingOf(text)].filter((quote) => quote !== null) : []
  const start = Math.min(...found.map((quote) => quote.start))
  const end = Math.max(...found.map((quote) => quote.end))
  if (end - start <= maxQuoteLength) return [text.slice(start, end)]
  const best = found.toSorted((one, other) => other.overlap - one.overlap)
  return [...new Set(best.map((quote) => quote.text))]
}

/** On which page of a PDF the quote begins. */
function pageOf({ page, pageStarts, text }: FoundPassage, quote: string): number | null {
  const quoteStart = text.indexOf(quote)
  return page && page + pageStarts.filter((start) => start <= quoteStart).length
}

/** The words of each part of the answer that ends in the marker; of many the first. */
function claimsIn(parts: readonly string[], index: number): Set<string>[] {
  const marker = `[${index}]`
  const claims = parts.filter((part) => part.includes(marker)).slice(0, maxClaims)
  return claims.map((claim) => wordsOf(claim.replace(/\[\d+\]/g, ' ')))
}

const maxClaims = 50
/** At least this share of the quote's or the claim's words must be common to both. */
const minOverlap = 0.3
const maxQuoteLength = 400

interface Quotable extends Sentence {
  words: Set<string>
}

interface Quote extends Quotable {
  overlap: number
}

function bestQuote(quotables: readonly Quotable[], claim: ReadonlySet<string>): Quote | null {
  let best: Quote | null = null
  for (const quotable of quotables) {
    const { words } = quotable
    if (words.size === 0) continue
    const shared = words.intersection(claim).size
    const overlap = shared / Math.sqrt(words.size * Math.max(1, claim.size))
    if (overlap > (best?.overlap ?? 0) && (shared > 1 || shared === words.size)) best = { ...quotable, overlap }
  }
  return best !== null && best.overlap >= minOverlap ? best : null
}

/** The sentence, or where it is too long to be quoted its parts, which end after a clause or at least after a word. */
function partsOf(sentence: Sentence): Sentence[] {
  if (sentence.text.length <= maxQuoteLength) return [sentence]
  return [...sentence.text.matchAll(longPart)].flatMap(({ 0: part, index }) => {
    const text = part.trim()
    const start = sentence.start + index + part.indexOf(text)
    return text === '' ? [] : [{ text, start, end: start + text.length }]
  })
}

const span = `[^]{1,${maxQuoteLength - 1}}`
const longPart = new RegExp(`${span}(?:[,;:.!?)–—](?=\\s)|[，；：。、]|$)|${span}(?:\\s|$)|${span}`, 'gu')

/** Of an answer that the owner wrote, all of which may be what is said. */
function openingOf(text: string): string | null {
  return splitSentences(text).find((sentence) => sentence.text.length <= maxQuoteLength)?.text ?? null
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

function wordsOf(text: string): Set<string> {
  const words = new Set<string>()
  for (const { segment, isWordLike } of segmenter.segment(text.toLowerCase())) {
    if (
      isWordLike &&
      (segment.length > 2 || /[\d\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(segment))
    ) {
      words.add(segment)
    }
  }
  return words
}

/**
 * The page, opened at the first of the quotes with all of them marked (URL Fragment Text Directives), or the page of a PDF
 * (RFC 8118 §3). A path alone is on this server.
 */
function linkTo(url: string | null, page: number | null, quotes: readonly string[], publicUrl: string): string | null {
  const target = url === null ? null : URL.parse(url, publicUrl)
  if (!target || (target.protocol !== 'https:' && target.protocol !== 'http:')) return null
  target.hash = ''
  if (page !== null) return `${target.href}#page=${page}`
  const directives = quotes.flatMap((quote) => textDirective(quote) || [])
  return directives.length > 0 ? `${target.href}#:~:text=${directives.join('&text=')}` : target.href
}

/**
 * A long quote is named by its first and last words, so that a difference in the middle does not hide it; what stands in
 * several blocks, such as the cells of a row, by the first and the last of them.
 */
function textDirective(quote: string): string {
  const blocks = quote
    .split(/\n{2,}|\n(?=\s*(?:[-*+]|\d+\.)\s)|\|/)
    .map((block) => plainText(block))
    .filter((block) => block !== '')
  const first = blocks[0]?.split(/\s+/) ?? []
  const last = blocks.at(-1)?.split(/\s+/) ?? []
  if (blocks.length <= 1 && first.length <= 8) return encodeDirective(first.join(' '))
  return `${encodeDirective(first.slice(0, 4).join(' '))},${encodeDirective(last.slice(-4).join(' '))}`
}

function encodeDirective(text: string): string {
  return encodeURIComponent(text).replace(/-/g, '%2D')
}

/** A quote as the page shows it: without Markdown's signs, but with those that stand in code. */
function plainText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(?:[-*+]|\d+\.|>|#{1,6})\s+/, '')
    .split(/(`+[^`]*`+)/)
    .map((part, at) => part.replace(at % 2 === 1 ? /^`+|`+$/g : /\*+|~~|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, ''))
    .join('')
    .trim()
}

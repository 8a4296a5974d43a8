/**
 * Cuts Markdown into passages of about 500 `cl100k_base` tokens that overlap by about 50 and never reach across an
 * H1, H2 or H3. Each is a verbatim part of the Markdown, so that what is quoted from it can be found on the page.
 */
import { type Block, blocksOf, type Section, sectionsOf } from './markdown-sections.ts'
import { tokensIn } from './tokens.ts'

export interface Passage {
  text: string
  /** The titles of the H1, H2 and H3 above it, outermost first. */
  headings: string[]
  tokens: number
  /** Of a PDF of several pages the one it begins on, from 1; else null. */
  page: number | null
  /** Where in the text the pages after that one begin. */
  pageStarts: number[]
}

const maxTokens = 500
const overlapTokens = 50

/** The smallest parts that are not cut: a table, a block of code, a sentence; where they are too long, words. */
interface Piece {
  start: number
  end: number
  tokens: number
  /** Whether a paragraph, a list, a table or code ends here. */
  endsBlock: boolean
}

/** The passages of a document, in order. Nothing but blank lines is lost. Takes time linear in the text's length. */
export function chunk(markdown: string): Passage[] {
  const pageOf = pageCounter(markdown)
  return sectionsOf(markdown)
    .flatMap((section) => passagesOf(markdown, section))
    .map(({ start, pageStarts, ...passage }) => {
      const first = pageOf(start)
      // Those that begin before its first word.
      const before = pageStarts.filter((at) => at === 0).length
      return { ...passage, page: first && first + before, pageStarts: pageStarts.slice(before) }
    })
}

/** A form feed begins a page. */
function pageCounter(markdown: string): (at: number) => number | null {
  const breaks: number[] = []
  for (let at = markdown.indexOf('\f'); at >= 0; at = markdown.indexOf('\f', at + 1)) breaks.push(at)
  if (breaks.length === 0) return () => null
  return (at) => {
    const next = breaks.findIndex((position) => position > at)
    return (next < 0 ? breaks.length : next) + 1
  }
}

/** With its offset. */
type Part = Omit<Passage, 'page'> & { start: number }

function passagesOf(markdown: string, section: Section): Part[] {
  const pieces = blocksOf(markdown, section).flatMap((block) => piecesOf(markdown, block))
  const passages: Part[] = []
  let from = 0
  let overlapStart: number | null = null
  while (from < pieces.length) {
    const first = pieces[from]
    if (!first) break
    let start = overlapStart ?? first.start
    if (tokensIn(markdown.slice(start, first.end)) > maxTokens) start = first.start
    let to = lastThatFits(pieces, from, maxTokens - tokensIn(markdown.slice(start, first.start)))
    let passage = passageAt(markdown, section, start, pieces[to]?.end ?? first.end)
    // Joined pieces can have a token more than the pieces by themselves.
    while (passage.tokens > maxTokens && to > from)
      passage = passageAt(markdown, section, start, pieces[--to]?.end ?? first.end)
    if (passage.text !== '') passages.push(passage)
    overlapStart = overlapBefore(markdown, pieces, to, from)
    from = to + 1
  }
  return passages
}

function passageAt(markdown: string, section: Section, start: number, end: number): Part {
  const isLineStart = start === 0 || markdown[start - 1] === '\n'
  const part = markdown.slice(start, end).replaceAll('\f', '')
  const text = isLineStart ? part.trimEnd() : part.trim()
  const trimmed = isLineStart ? 0 : part.length - part.trimStart().length
  const pageStarts = startsOfPages(markdown.slice(start, end))
    .map((at) => Math.max(0, at - trimmed))
    .filter((at) => at < text.length)
  return { text, headings: section.headings, tokens: tokensIn(text), start, pageStarts }
}

/** In the part without its form feeds. One that it begins with is counted already. */
function startsOfPages(part: string): number[] {
  const starts: number[] = []
  for (let at = part.indexOf('\f', 1); at >= 0; at = part.indexOf('\f', at + 1)) {
    starts.push(at - starts.length - (part[0] === '\f' ? 1 : 0))
  }
  return starts
}

/** The last piece that has room, or an earlier one if a block ends there and the passage is at least half full. */
function lastThatFits(pieces: Piece[], from: number, room: number): number {
  let used = 0
  let blockEnd: number | null = null
  for (let at = from; at < pieces.length; at++) {
    const piece = pieces[at]
    if (!piece) break
    used += piece.tokens
    if (used > room && at > from) return blockEnd ?? at - 1
    if (piece.endsBlock && used >= room / 2) blockEnd = at
  }
  return pieces.length - 1
}

/**
 * Where the passage after piece `to` begins: at the start of a sentence if one is 25 to 75 tokens back, else of a word.
 * Null after a table or code, which would be cut in the middle.
 */
function overlapBefore(markdown: string, pieces: Piece[], to: number, from: number): number | null {
  let tokens = 0
  let best: { start: number; distance: number } | null = null
  for (let at = to; at > from && tokens < 75; at--) {
    const piece = pieces[at]
    if (!piece) break
    tokens += piece.tokens
    const distance = Math.abs(tokens - overlapTokens)
    if (tokens >= 25 && tokens <= 75 && distance < (best?.distance ?? Infinity)) best = { start: piece.start, distance }
  }
  const last = pieces[to]
  if (best || !last || last.tokens > maxTokens || isWhole(markdown, last)) return best?.start ?? null
  return wordBefore(markdown, last)
}

function isWhole(markdown: string, piece: Piece): boolean {
  return /^\s*(\||`{3}|~{3})/.test(markdown.slice(piece.start, piece.start + 8))
}

function wordBefore(markdown: string, { start, end }: Piece): number {
  const words = [...markdown.slice(start, end).matchAll(/\s*\S+/g)]
  let at = end
  let tokens = 0
  for (const { index, 0: word } of words.reverse()) {
    tokens += tokensIn(word)
    if (tokens > overlapTokens) break
    at = start + index + (word.length - word.trimStart().length)
  }
  return at
}

function piecesOf(markdown: string, block: Block): Piece[] {
  const whole = block.isWhole ? pieceAt(markdown, block.start, block.end) : null
  const parts =
    whole && whole.tokens <= maxTokens
      ? [whole]
      : cutsIn(markdown, block.start, block.end, whole ? lineEnds : sentenceEnds)
  const pieces = parts.flatMap((part) =>
    part.tokens <= maxTokens
      ? [part]
      : cutsIn(markdown, part.start, part.end, wordEnds).flatMap((word) => runsOf(markdown, word)),
  )
  const last = pieces.at(-1)
  // A minor heading belongs to what follows it.
  if (last) last.endsBlock = !/^ {0,3}#{4,6}\s/.test(markdown.slice(block.start, block.start + 12))
  return pieces
}

function pieceAt(markdown: string, start: number, end: number): Piece {
  return { start, end, tokens: tokensIn(markdown.slice(start, end)), endsBlock: false }
}

const lineEnds = /\n/g
/** After a full stop and what closes behind it, and before an item of a list. The lookbehinds are of bounded length. */
const sentenceEnds =
  /(?<=[.!?…]["'”’»)\]*_]{0,3})\s+(?=\S)|(?<=[。！？][」』”’）]?)(?![。！？」』”’）])|\n(?=[ \t]{0,12}(?:[-*+]|\d{1,9}[.)])[ \t])/g
/** Before the space: `cl100k_base` counts it with the word that follows. */
const wordEnds = /(?<=\S)(?=\s)/g

/** The parts between the matches of `ends`; what matched belongs to the part before. */
function cutsIn(markdown: string, start: number, end: number, ends: RegExp): Piece[] {
  const text = markdown.slice(start, end)
  const pieces: Piece[] = []
  let from = 0
  for (const { index, 0: match } of text.matchAll(ends)) {
    const to = index + match.length
    if (to === from || to === text.length) continue
    pieces.push(pieceAt(markdown, start + from, start + to))
    from = to
  }
  pieces.push(pieceAt(markdown, start + from, end))
  return pieces
}

const maxRun = 32
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** A word too long for one piece (or written without spaces), cut between what a reader sees as characters. */
function runsOf(markdown: string, word: Piece): Piece[] {
  if (word.end - word.start <= 2 * maxRun) return [word]
  const pieces: Piece[] = []
  let from = word.start
  for (const { index, segment } of graphemes.segment(markdown.slice(word.start, word.end))) {
    const at = word.start + index
    if (at > from && at + segment.length - from > maxRun) {
      pieces.push(...codePointRuns(markdown, from, at))
      from = at
    }
  }
  pieces.push(...codePointRuns(markdown, from, word.end))
  return pieces
}

/** One piece, unless a single character has more combining marks than any script: then several, never half a surrogate pair. */
function codePointRuns(markdown: string, start: number, end: number): Piece[] {
  const pieces: Piece[] = []
  while (end - start > 2 * maxRun) {
    let at = start + maxRun
    if (/[\udc00-\udfff]/.test(markdown[at] ?? '')) at--
    pieces.push(pieceAt(markdown, start, at))
    start = at
  }
  return [...pieces, pieceAt(markdown, start, end)]
}

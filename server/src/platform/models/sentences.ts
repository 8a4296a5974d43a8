/** Sentences of text in any language, as a reader would tell them apart. */
import { blocksOf, type Span, trimmed } from './markdown-blocks.ts'

export interface Sentence extends Span {
  /** Verbatim: `text.slice(start, end)`. */
  text: string
}

/**
 * The sentences of a Markdown text, in order, without the marks of lists and quotes around them. A row of a table is
 * one sentence, from its first cell to its last. Headings and code are none.
 */
export function splitSentences(text: string): Sentence[] {
  return blocksOf(text).flatMap((block) => {
    switch (block.kind) {
      case 'paragraph':
        return sentencesIn(text, block)
      case 'list':
        return block.items.flatMap((item) => sentencesIn(text, item))
      case 'table':
        return block.rows.flatMap((cells) => {
          const [start, end] = [cells[0]?.start ?? 0, cells.at(-1)?.end ?? 0]
          return end > start ? [{ text: text.slice(start, end), start, end }] : []
        })
      default:
        return []
    }
  })
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Words whose full stop ends no sentence, in the languages where a capital often follows. */
const abbreviation =
  /(?:^|[\s("'«„“])(?:Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Jr|St|Mme|Mlle|Nr|Nos|Fig|Abb|Art|Abs|Tel|vs|ca|cf|approx|inkl|incl|bzw|ggf|evtl|\p{L}|(?:\p{L}\.[ ]?)+\p{L})\.["'»”)]*\s*$/u

const abbreviationLength = 24

export function sentencesIn(text: string, span: Span): Sentence[] {
  // A line break inside a paragraph is a space; the segmenter would end a sentence there.
  const words = text.slice(span.start, span.end).replace(/[\r\n]/g, ' ')
  const sentences: Sentence[] = []
  let start = 0
  let hasWord = false
  for (const { segment, index } of segmenter.segment(words)) {
    const end = index + segment.length
    hasWord ||= /[\p{L}\p{N}]{2}|\p{sc=Han}/u.test(segment)
    const isWhole = hasWord && !abbreviation.test(segment.slice(-abbreviationLength))
    const followsLowerCase = /^[\s"'“]*\p{Ll}/u.test(words.slice(end))
    if (end < words.length && (!isWhole || followsLowerCase)) continue
    const cut = trimmed(text, { start: span.start + start, end: span.start + end })
    if (cut.end > cut.start) sentences.push({ text: text.slice(cut.start, cut.end), ...cut })
    start = end
    hasWord = false
  }
  return sentences
}

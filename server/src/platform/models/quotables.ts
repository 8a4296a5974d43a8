/** What the built-in model may quote of a passage: sentences, items of lists, rows of tables, lists and examples as a whole. */
import { type Block, blocksOf, type Span } from './markdown-blocks.ts'
import { sentencesIn } from './sentences.ts'

export interface Quotable {
  kind: 'sentence' | 'item' | 'row' | 'list' | 'code'
  /** As it is quoted; verbatim but for a row, whose cells are told apart by the names of their columns. */
  text: string
  /** What it can be matched by beside its own words: the heading or question above it, the names of columns. */
  context: string
  /** The line, ending in a colon, that introduces a list or an example; else empty. */
  intro: string
  /** Where it stands: blocks of a passage and places in a block are counted from 0. */
  block: number
  place: number
  /** How much of the passage may be quoted before it. */
  order: number
  /** The items of a list, each to be quoted on its own line. */
  items: string[]
  isOrdered: boolean
}

const maxListItems = 8
const maxWholeChars = 900
const maxChars = 450

type Add = (kind: Quotable['kind'], text: string, rest?: Partial<Quotable>) => void

/** `isAsked` tells which column of a table is asked for, by its name. */
export function quotablesOf(passage: string, isAsked: (name: string) => boolean): Quotable[] {
  const found: Quotable[] = []
  const textOf = ({ start, end }: Span) => passage.slice(start, end).trim()
  let heading = ''
  /** A question or an introduction answers nothing, but says what the next thing is about. */
  let about = ''
  for (const [at, block] of blocksOf(passage).entries()) {
    let place = 0
    const add: Add = (kind, text, rest = {}) => {
      const isWhole = kind === 'list' || kind === 'code'
      if (text.length > (isWhole ? maxWholeChars : maxChars) || !/\p{L}|\p{N}/u.test(text)) return
      const intro = /[:：]\W*$/u.test(about) ? about : ''
      const context = `${heading} ${about} ${rest.context ?? ''}`
      const order = kind === 'list' ? found.length - place : found.length
      found.push({ kind, text, intro, block: at, place: place++, order, items: [], isOrdered: false, ...rest, context })
    }
    switch (block.kind) {
      case 'heading':
        heading = textOf(block)
        about = ''
        break
      case 'paragraph':
        about = ''
        for (const text of answersIn(passage, block)) {
          if (/[?？:：][*_)”"]*$/u.test(text)) about = text
          else add('sentence', text)
        }
        break
      case 'list': {
        const items = block.items.map(textOf).filter((text) => text !== '')
        for (const text of items) add('item', text)
        addList(items, add, { isOrdered: block.isOrdered })
        about = ''
        break
      }
      case 'table':
        addRows(block, textOf, isAsked, add)
        about = ''
        break
      case 'code':
        // An example alone says nothing; with its introduction it is the answer to many a "how".
        if (/[:：]\W*$/u.test(about) && textOf(block).startsWith('```')) add('code', textOf(block))
        about = ''
    }
  }
  return found
}

/** Without a bare "Yes." or "No.": it answers the question above it, perhaps not the one that was asked. */
function answersIn(passage: string, block: Span): string[] {
  return sentencesIn(passage, block).flatMap(({ text }) => (/^\p{L}{1,8}[.!,]$/u.test(text) ? [] : [text]))
}

function addList(items: string[], add: Add, rest: Partial<Quotable>): void {
  if (items.length > 1 && items.length <= maxListItems) add('list', items.join('\n'), { items, ...rest })
}

function addRows(
  table: Block & { kind: 'table' },
  textOf: (span: Span) => string,
  isAsked: (name: string) => boolean,
  add: Add,
): void {
  const header = table.header.map(textOf)
  const context = header.join(' ')
  const rows = table.rows.map((row) => {
    const [first = '', ...others] = row.map(textOf)
    const named = others.flatMap((cell, at) => (cell ? [{ cell, name: header[at + 1] ?? '' }] : []))
    const asked = named.filter(({ name }) => isAsked(name))
    const shown = (asked.length > 0 ? asked : named)
      .map(({ cell, name }) => (name ? `${name}: ${cell}` : cell))
      .join(', ')
    return first && shown ? `${first} – ${shown}` : first || shown
  })
  for (const row of rows) add('row', row, { context })
  addList(rows, add, { context })
}

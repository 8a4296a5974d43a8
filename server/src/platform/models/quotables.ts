/** What the built-in model may quote of a passage: sentences, items of lists, rows of tables, or a list as a whole. */
import { type Block, blocksOf, type Span } from './markdown-blocks.ts'
import { sentencesIn } from './sentences.ts'

export interface Quotable {
  kind: 'sentence' | 'item' | 'row' | 'list'
  /** As it is quoted; verbatim but for a row, whose cells are told apart by the names of their columns. */
  text: string
  /** What it can be matched by beside its own words: the question above it, the line that introduces its list. */
  context: string
  /** Where it stands: blocks of a passage and places in a block are counted from 0. */
  block: number
  place: number
  /** The items of a list, each to be quoted on its own line. */
  items: string[]
  isOrdered: boolean
}

const maxListItems = 8
const maxListChars = 900
const maxChars = 450

/** `isAsked` tells which column of a table is asked for, by its name. */
export function quotablesOf(passage: string, isAsked: (name: string) => boolean): Quotable[] {
  const found: Quotable[] = []
  let context = ''
  for (const [at, block] of blocksOf(passage).entries()) {
    const add = (text: string, kind: Quotable['kind'], rest: Partial<Quotable> = {}) => {
      const place = found.filter((one) => one.block === at).length
      if (text.length <= (kind === 'list' ? maxListChars : maxChars) && /\p{L}|\p{N}/u.test(text)) {
        found.push({ kind, text, context, block: at, place, items: [], isOrdered: false, ...rest })
      }
    }
    if (block.kind === 'heading') context = passage.slice(block.start, block.end)
    if (block.kind === 'paragraph') context = addSentences(passage, block, context, add)
    if (block.kind === 'list') {
      const items = block.items.map((item) => passage.slice(item.start, item.end).trim()).filter((text) => text !== '')
      for (const text of items) add(text, 'item')
      addList(items, add, { isOrdered: block.isOrdered })
    }
    if (block.kind === 'table') addRows(passage, block, isAsked, add)
  }
  return found
}

function addList(items: string[], add: Add, rest: Partial<Quotable> = {}): void {
  if (items.length > 1 && items.length <= maxListItems) add(items.join('\n'), 'list', { items, ...rest })
}

type Add = (text: string, kind: Quotable['kind'], rest?: Partial<Quotable>) => void

/** A question and a line that ends in a colon answer nothing, but say what the next thing is about, which is returned. */
function addSentences(passage: string, block: Span, context: string, add: Add): string {
  let about = context
  for (const { text } of sentencesIn(passage, block)) {
    if (/[?？:：][*_)”"]*$/u.test(text)) about = text
    else add(text, 'sentence', { context: about })
  }
  return about
}

function addRows(
  passage: string,
  table: Block & { kind: 'table' },
  isAsked: (name: string) => boolean,
  add: Add,
): void {
  const header = table.header.map((cell) => passage.slice(cell.start, cell.end))
  const context = header.join(' ')
  const rows = table.rows.map((row) => {
    const [first = '', ...others] = row.map((cell) => passage.slice(cell.start, cell.end))
    const named = others.flatMap((cell, at) => (cell ? [{ cell, name: header[at + 1] ?? '' }] : []))
    const asked = named.filter(({ name }) => isAsked(name))
    const shown = (asked.length > 0 ? asked : named)
      .map(({ cell, name }) => (name ? `${name}: ${cell}` : cell))
      .join(', ')
    return first && shown ? `${first} – ${shown}` : first || shown
  })
  for (const row of rows) add(row, 'row', { context })
  addList(rows, add, { context })
}

/**
 * Lines of Markdown → blocks, in one pass. Written for what language models write, close to CommonMark and GFM tables.
 * Each pattern is anchored and has one way to match, so none can backtrack beyond the length of its line. Here are those
 * that nearly every answer has; the others (`rare.ts`) come later.
 */
import { h } from '../ui/dom.ts'
import type { ReadLink } from './inline.ts'

/** What a block draws itself with. */
export interface Tools {
  inline(text: string): DocumentFragment
  /** `isLast`: the block ends with these lines. */
  nested(lines: string[], isLast?: boolean): HTMLElement[]
}

export interface Block {
  /** The line it starts at. */
  line: number
  /** The line that proves it is yet to come. */
  isGuess?: boolean
  draw(tools: Tools): HTMLElement
}

export interface Reader {
  lines: readonly string[]
  at: number
  /** More may follow, so the last line is read as what it is most likely to become. */
  isPartial: boolean
  /** The lines from here on, up to the first that `isEnd`. */
  take(isEnd: (line: string) => boolean): string[]
  /** Whether a paragraph ends before this line. */
  isBreak(line: string): boolean
}

/** What few answers have. */
export interface Rare {
  readLink: ReadLink
  starts(line: string): boolean
  read(reader: Reader, line: string): Omit<Block, 'line'> | null
  readTable(reader: Reader): Omit<Block, 'line'> | null
  isTable(reader: Reader): boolean
}

const blank = /^\s*$/
const heading = /^\s*(#{1,6})(?:\s+([\s\S]*))?$/
export const rule = /^\s*([-*_])(?:\s*\1){2,}\s*$/
const marker = /^(\s*)(?:[-*+]|(\d{1,9})([.)]))(?:\s|$)/
/** A number other than 1 does not end a paragraph: sentences wrap at years, too. */
const interrupting = /^\s*(?:[-*+]|1[.)])\s+\S/

export function readBlocks(lines: readonly string[], isPartial: boolean, rare: Rare | null): Block[] {
  const blocks: Block[] = []
  const startsBlock = (line: string) => interrupting.test(line) || heading.test(line) || rare?.starts(line)
  const reader: Reader = {
    lines,
    at: 0,
    isPartial,
    take(isEnd) {
      const start = reader.at
      while (reader.at < lines.length && !isEnd(lines[reader.at] ?? '')) reader.at++
      return lines.slice(start, reader.at)
    },
    isBreak: (line) => blank.test(line) || Boolean(startsBlock(line)),
  }

  function readBlock(first: string): Omit<Block, 'line'> {
    const block = rare?.read(reader, first)
    if (block) return block
    const [, level, title = ''] = heading.exec(first) ?? []
    if (level) {
      reader.at++
      // The answer stands below the panel's own title.
      return { draw: ({ inline }) => h(level.length < 4 ? 'h3' : 'h4', {}, inline(title.trim())) }
    }
    const item = marker.exec(first)
    if (item) return readList(item)
    const table = rare?.readTable(reader)
    if (table) return table
    reader.at++
    const text = [first, ...reader.take((line) => reader.isBreak(line) || Boolean(rare?.isTable(reader)))]
      .map((line) => line.trim())
      .join('\n')
    return { draw: ({ inline }) => h('p', {}, inline(text)) }
  }

  function readList([opening, indent = '', start, bullet]: RegExpExecArray): Omit<Block, 'line'> {
    const items: string[][] = []
    let width = opening.length
    reader.take((line) => {
      const next = marker.exec(line)
      const item = items.at(-1)
      // Models indent what is nested by two columns as often as by the marker's width.
      const isNested = item && (blank.test(line) || indentOf(line) >= indent.length + 2)
      if (isNested) item.push(dedent(line, width))
      else if (next && next[3] === bullet && !rule.test(line)) {
        width = next[0].length
        items.push([line.slice(width)])
      } else if (!item || next || blank.test(item.at(-1) ?? '') || startsBlock(line)) return true
      else item.push(line)
      return false
    })
    return {
      draw({ nested }) {
        const list = start ? h('ol', { start }) : h('ul')
        items.forEach((lines, i) => {
          list.append(h('li', {}, ...nested(lines, i === items.length - 1)))
        })
        return list
      },
    }
  }

  while (reader.at < lines.length) {
    const line = reader.at
    const first = lines[line] ?? ''
    if (blank.test(first)) reader.at++
    else blocks.push({ ...readBlock(first), line })
  }
  return blocks
}

function indentOf(line: string): number {
  return line.search(/\S|$/)
}

export function dedent(line: string, width: number): string {
  return line.slice(Math.min(indentOf(line), width))
}

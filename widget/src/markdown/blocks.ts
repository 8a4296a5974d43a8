/**
 * Lines of Markdown → blocks, in one pass. Written for what language models write, close to CommonMark and GFM tables.
 * Each pattern is anchored and has one way to match, so none can backtrack beyond the length of its line.
 */

export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; lines: string[] }
  | { kind: 'list'; start: string | null; items: string[][] }
  | { kind: 'table'; rows: string[][] }
  | { kind: 'rule' }

/** A block and the index of the line it starts at. */
export interface Placed {
  block: Block
  line: number
}

const blank = /^\s*$/
const fence = /^(\s*)(?=(`{3,}|~{3,}))\2([^`]*)$/
const heading = /^\s*(#{1,6})(?:\s+([\s\S]*))?$/
const rule = /^\s*([-*_])(?:\s*\1){2,}\s*$/
const quote = /^\s*> ?/
const marker = /^(\s*)(?:[-*+]|(\d{1,9})([.)]))(?:\s|$)/
/** A number other than 1 does not end a paragraph: sentences wrap at years, too. */
const interrupting = /^\s*(?:[-*+]|1[.)])\s+\S/
const delimiter = /^[-:|\s]+$/

/** `isPartial`: more may follow, so the last line is read as what it is most likely to become. */
export function readBlocks(lines: readonly string[], isPartial: boolean): Placed[] {
  const blocks: Placed[] = []
  let at = 0
  const lineAt = (index: number) => lines[index] ?? ''

  /** The lines from here on, up to the first that `isEnd`. */
  function take(isEnd: (line: string) => boolean): string[] {
    const start = at
    while (at < lines.length && !isEnd(lineAt(at))) at++
    return lines.slice(start, at)
  }

  function isTable(header: number): boolean {
    const first = lineAt(header)
    const next = lineAt(header + 1)
    if (!first.includes('|')) return false
    // A header is shown as one while the line below it is still to come.
    if (isPartial && header + 2 >= lines.length && /^\s*\|/.test(first) && /^[-:|\s]*$/.test(next)) return true
    return next.includes('-') && delimiter.test(next) && cellsOf(next).length === cellsOf(first).length
  }

  function readBlock(first: string): Block {
    const [, indent = '', ticks, language = ''] = fence.exec(first) ?? []
    if (ticks) {
      at++
      const text = take((line) => {
        const end = fence.exec(line)
        return Boolean(end?.[2]?.startsWith(ticks) && !end[3]?.trim())
      })
      at++
      return {
        kind: 'code',
        language: language.trim(),
        text: text.map((line) => dedent(line, indent.length)).join('\n'),
      }
    }
    const [, level, title = ''] = heading.exec(first) ?? []
    if (level) {
      at++
      return { kind: 'heading', level: level.length, text: title.trim() }
    }
    if (rule.test(first)) {
      at++
      return { kind: 'rule' }
    }
    if (quote.test(first)) {
      const inner = take((line) => !quote.test(line) && (blank.test(line) || startsBlock(line)))
      return { kind: 'quote', lines: inner.map((line) => line.replace(quote, '')) }
    }
    const item = marker.exec(first)
    if (item) return readList(item)
    if (isTable(at)) {
      const [header = '', , ...rows] = take((line) => blank.test(line) || startsBlock(line))
      return { kind: 'table', rows: [header, ...rows].map(cellsOf) }
    }
    const start = at++
    take((line) => blank.test(line) || startsBlock(line) || isTable(at))
    return {
      kind: 'paragraph',
      text: lines
        .slice(start, at)
        .map((line) => line.trim())
        .join('\n'),
    }
  }

  function readList([opening, indent = '', start, bullet]: RegExpExecArray): Block {
    const items: string[][] = []
    let width = opening.length
    take((line) => {
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
    return { kind: 'list', start: start ?? null, items }
  }

  while (at < lines.length) {
    const line = at
    if (blank.test(lineAt(at))) at++
    else blocks.push({ block: readBlock(lineAt(at)), line })
  }
  return blocks
}

function startsBlock(line: string): boolean {
  return [interrupting, quote, rule, fence, heading].some((pattern) => pattern.test(line))
}

function cellsOf(line: string): string[] {
  const cells = line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}

function indentOf(line: string): number {
  return line.search(/\S|$/)
}

function dedent(line: string, width: number): string {
  return line.slice(Math.min(indentOf(line), width))
}

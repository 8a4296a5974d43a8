/** Markdown as the blocks that a reader sees, each with its offsets. Reads what extraction and people write, in linear time. */

export interface Span {
  start: number
  end: number
}

export type Block =
  | (Span & { kind: 'paragraph' | 'heading' | 'code' })
  | (Span & { kind: 'list'; isOrdered: boolean; items: Span[] })
  /** Cells are trimmed; the header is empty where a table was cut off from it. */
  | (Span & { kind: 'table'; header: Span[]; rows: Span[][] })

const heading = /^ {0,3}#{1,6}(?:[ \t]+|$)/
const underline = /^ {0,3}(?:=+|-{2,})[ \t]*$/
const rule = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/
const item = /^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?/
const quote = /^ {0,3}>[ \t]?/
const fence = /^ {0,3}(`{3,}|~{3,})/
const html = /^ {0,3}<(?:!--|\/?[a-z])/i
const delimiterRow = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  const lines = [...linesOf(text)]
  /** What the next line may go on with; a blank line ends it. */
  let open: Block | null = null
  let fenceMark: string | null = null

  function push<T extends Block>(block: T): T {
    blocks.push(block)
    open = block
    return block
  }

  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    if (!line) break
    const words = text.slice(line.start, line.end)
    const mark = fence.exec(words)?.[1]
    if (fenceMark !== null || mark !== undefined) {
      if (fenceMark === null) push({ kind: 'code', ...line })
      const code = blocks.at(-1)
      if (code) code.end = line.end
      if (fenceMark === null) fenceMark = mark ?? null
      else if (mark?.startsWith(fenceMark) && words.trim() === mark) fenceMark = open = null
      continue
    }
    if (words.trim() === '') {
      open = null
      continue
    }
    const current: Block | null = open
    const marker = (heading.exec(words) ?? quote.exec(words))?.[0]
    if (heading.test(words)) {
      push({ kind: 'heading', start: line.start + (marker?.length ?? 0), end: line.end })
      open = null
    } else if (current?.kind === 'paragraph' && underline.test(words)) {
      current.kind = 'heading'
      open = null
    } else if (rule.test(words)) open = null
    else if (words.includes('|') && startsTable(text, lines, at)) {
      const { block, next } = readTable(text, lines, at)
      push(block)
      open = null
      at = next - 1
    } else if (item.test(words)) {
      const start = line.start + (item.exec(words)?.[0].length ?? 0)
      const isOrdered = /^[ \t]*\d/.test(words)
      const list =
        listToGoOn(blocks, text, line.start, isOrdered) ?? push({ kind: 'list', isOrdered, items: [], ...line })
      open = list
      list.items.push({ start, end: line.end })
      list.end = line.end
    } else if (html.test(words)) push({ kind: 'code', ...line })
    else if (quote.test(words)) {
      push({ kind: 'paragraph', start: line.start + (marker?.length ?? 0), end: line.end })
      open = null
    } else if (current?.kind === 'paragraph' || current?.kind === 'list' || current?.kind === 'code') {
      current.end = line.end
      const last = current.kind === 'list' ? current.items.at(-1) : undefined
      if (last) last.end = line.end
    } else push({ kind: 'paragraph', ...line })
  }
  return blocks
}

/** A blank line between two items does not end their list. */
function listToGoOn(
  blocks: Block[],
  text: string,
  from: number,
  isOrdered: boolean,
): (Block & { kind: 'list' }) | null {
  const last = blocks.at(-1)
  return last?.kind === 'list' && last.isOrdered === isOrdered && text.slice(last.end, from).trim() === '' ? last : null
}

/** A header above a delimiter row, or a row that was cut off from them. */
function startsTable(text: string, lines: Span[], at: number): boolean {
  const [words, below] = [lines[at], lines[at + 1]].map((line) => line && text.slice(line.start, line.end).trim())
  if (below?.includes('|') && delimiterRow.test(below)) return true
  return words !== undefined && words.length > 1 && words.startsWith('|') && words.endsWith('|')
}

function readTable(text: string, lines: Span[], from: number): { block: Block; next: number } {
  const rows: Span[][] = []
  let header: Span[] = []
  let next = from
  for (; next < lines.length; next++) {
    const line = lines[next]
    if (!line) break
    const words = text.slice(line.start, line.end).trim()
    if (!words.includes('|')) break
    if (!delimiterRow.test(words)) rows.push(cellsOf(text, line))
    else if (rows.length === 1) header = rows.pop() ?? []
  }
  const block: Block = {
    kind: 'table',
    header,
    rows,
    start: lines[from]?.start ?? 0,
    end: lines[next - 1]?.end ?? 0,
  }
  return { block, next }
}

function cellsOf(text: string, line: Span): Span[] {
  const cells: Span[] = []
  let start = line.start
  for (let i = line.start; i <= line.end; i++) {
    if (i < line.end && (text[i] !== '|' || text[i - 1] === '\\')) continue
    const cell = trimmed(text, { start, end: i })
    const isOutside = cell.start === cell.end && (cells.length === 0 || i === line.end)
    if (!isOutside || (cells.length === 0 && start > line.start)) cells.push(cell)
    start = i + 1
  }
  return cells
}

export function trimmed(text: string, { start, end }: Span): Span {
  while (start < end && /\s/.test(text[start] ?? '')) start++
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--
  return { start, end }
}

function* linesOf(text: string): Generator<Span> {
  for (let start = 0; start < text.length; ) {
    const at = text.indexOf('\n', start)
    const end = at < 0 ? text.length : at
    yield { start, end: text[end - 1] === '\r' && end > start ? end - 1 : end }
    start = end + 1
  }
}

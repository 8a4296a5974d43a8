/** Where Markdown may be cut: at headings into sections, at blank lines into blocks. Follows CommonMark, in linear time. */

export interface Section {
  /** The titles of the H1, H2 and H3 above the text, outermost first. */
  headings: string[]
  /** Offsets of the text below the heading; a heading that stands alone is its own text. */
  start: number
  end: number
}

export interface Block {
  start: number
  end: number
  /** A table or fenced code, better kept whole. */
  isWhole: boolean
}

interface Line {
  start: number
  /** Without the line break. */
  end: number
  text: string
}

const maxTitle = 200

function* lines(markdown: string, start = 0, end = markdown.length): Generator<Line> {
  while (start < end) {
    const at = markdown.indexOf('\n', start)
    const lineEnd = at === -1 || at >= end ? end : at
    yield { start, end: lineEnd, text: markdown.slice(start, lineEnd).replace(/\r$/, '') }
    start = lineEnd + 1
  }
}

/** Follows fences from line to line; true for a line that opens, is within, or closes one. */
function fenceReader(): (line: string) => boolean {
  let open: string | null = null
  return (line) => {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (open !== null) {
      if (marks?.startsWith(open) && line.trim() === marks) open = null
      return true
    }
    if (marks === undefined || (marks.startsWith('`') && line.includes('`', line.indexOf(marks) + marks.length)))
      return false
    open = marks
    return true
  }
}

export function sectionsOf(markdown: string): Section[] {
  const sections: Section[] = []
  const path: string[] = []
  let depth = 0
  let heading: Line = { start: 0, end: 0, text: '' }
  let bodyStart = 0
  let previous: Line | null = null
  const isFenced = fenceReader()

  function close(end: number, nextDepth: number) {
    const isEmpty = markdown.slice(bodyStart, end).trim() === ''
    const isLeaf = nextDepth <= depth
    const start = (isEmpty && isLeaf) || heading.end - heading.start > maxTitle ? heading.start : bodyStart
    if (markdown.slice(start, end).trim() !== '')
      sections.push({ headings: path.filter((title) => title !== ''), start, end })
  }

  for (const line of lines(markdown)) {
    if (isFenced(line.text)) {
      previous = null
      continue
    }
    const atx = /^ {0,3}(#{1,3})(?=[ \t]|$)/.exec(line.text)?.[1]
    const underline = previous && /^ {0,3}(=+|-+)[ \t]*$/.exec(line.text)?.[1]
    if (!atx && !underline) {
      previous = mayBeTitle(line.text) ? line : null
      continue
    }
    const nextDepth = atx?.length ?? (underline?.startsWith('=') ? 1 : 2)
    const top = underline && previous ? previous : line
    close(top.start, nextDepth)
    heading = { ...top, end: line.end }
    path.length = Math.min(path.length, nextDepth - 1)
    while (path.length < nextDepth - 1) path.push('')
    path.push(plainTitle(atx ? withoutMarks(line.text) : top.text))
    depth = nextDepth
    bodyStart = line.end
    previous = null
  }
  close(markdown.length, 0)
  return sections
}

/** Whether a line of `=` or `-` below would make this line a heading. */
function mayBeTitle(line: string): boolean {
  return /^ {0,3}[^\s>|#=-]/.test(line) && !/^ {0,3}([-*+]|\d{1,9}[.)])[ \t]/.test(line)
}

function withoutMarks(line: string): string {
  const text = line.trim().replace(/^#+/, '').trim()
  let end = text.length
  while (text[end - 1] === '#') end--
  return end === 0 || /\s/.test(text[end - 1] ?? '') ? text.slice(0, end) : text
}

function plainTitle(text: string): string {
  return text
    .trim()
    .slice(0, maxTitle)
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/[*`]+|\\(?=[!-/:-@[-`{-~])/g, '')
    .toWellFormed()
    .trim()
}

/** The paragraphs, lists, tables and code of a section, in order; the blank lines between them belong to none. */
export function blocksOf(markdown: string, section: Section): Block[] {
  const blocks: Block[] = []
  const isFenced = fenceReader()
  let kind: 'prose' | 'table' | 'code' | null = null
  for (const line of lines(markdown, section.start, section.end)) {
    const next = isFenced(line.text)
      ? 'code'
      : line.text.trim() === ''
        ? null
        : /^\s*\|/.test(line.text)
          ? 'table'
          : 'prose'
    const last = blocks.at(-1)
    // What introduces a block (a list's lead-in, a minor heading) needs no blank line to be one of its own.
    if (next !== null && next === kind && last) last.end = line.end
    else if (next !== null) blocks.push({ start: line.start, end: line.end, isWhole: next !== 'prose' })
    kind = next
  }
  return blocks
}

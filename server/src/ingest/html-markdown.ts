/** Main content as Markdown: headings, paragraphs, lists, tables, quotes and code; links and emphasis as plain text. */
import { type Element, inlineTags, isElement, textOf } from './html-tree.ts'

/** A blank line, or none, is wanted before what comes next. */
interface Writer {
  blocks: string[]
  line: string
}

export function toMarkdown(root: Element): string {
  const writer: Writer = { blocks: [], line: '' }
  writeChildren(root, writer)
  endBlock(writer)
  return writer.blocks.join('\n\n')
}

function writeChildren(element: Element, writer: Writer): void {
  for (const child of element.children) {
    if (isElement(child)) write(child, writer)
    else writer.line += child
  }
}

function write(element: Element, writer: Writer): void {
  const { tag } = element
  if (tag === 'br') {
    writer.line += '\n'
  } else if (tag === 'code' || tag === 'kbd' || tag === 'samp') {
    const text = textOf(element)
    writer.line += text.includes('`') || text === '' ? text : `\`${text}\``
  } else if (tag === 'img' || tag === 'hr') {
    if (tag === 'hr') endBlock(writer)
  } else if (inlineTags.has(tag)) {
    writeChildren(element, writer)
  } else {
    endBlock(writer)
    writeBlock(element, writer)
    endBlock(writer)
  }
}

function writeBlock(element: Element, writer: Writer): void {
  const { tag } = element
  if (tag === 'title') return
  const level = /^h([1-6])$/.exec(tag)?.[1]
  if (level) {
    const text = textOf(element)
    if (text !== '') writer.blocks.push(`${'#'.repeat(Number(level))} ${text}`)
  } else if (tag === 'pre') writeCode(element, writer)
  else if (tag === 'ul' || tag === 'ol') writeList(element, writer)
  else if (tag === 'table') writeTable(element, writer)
  else if (tag === 'blockquote') writeQuote(element, writer)
  else writeChildren(element, writer)
}

/** Ends the paragraph that is being written. */
function endBlock(writer: Writer): void {
  const lines = writer.line
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    // What is left of decoration and of separators says nothing.
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
  writer.line = ''
  if (lines.length > 0) writer.blocks.push(lines.map(asText).join('\n'))
}

/** A line that would be read as a heading is kept from it. */
function asText(line: string): string {
  return /^(#{1,6}(\s|$)|[=-]+$|`{3}|~{3})/.test(line) ? `\\${line}` : line
}

function writeCode(element: Element, writer: Writer): void {
  const text = rawText(element).replace(/^\n+|\s+$/g, '')
  if (text === '') return
  let fence = '```'
  while (text.includes(fence)) fence += '`'
  const language = /(?:^|\s)(?:lang|language|highlight-source)-([\w+#-]{1,20})/.exec(classesOf(element))?.[1] ?? ''
  writer.blocks.push(`${fence}${language}\n${text}\n${fence}`)
}

function classesOf(element: Element): string {
  const inner = element.children.filter(isElement).find(({ tag }) => tag === 'code')
  return [element.parent, element, inner].map((one) => one?.attributes.class ?? '').join(' ')
}

function rawText(node: Element | string): string {
  if (!isElement(node)) return node
  if (node.tag === 'br') return '\n'
  const text = node.children.map(rawText).join('')
  return inlineTags.has(node.tag) || node.tag === 'pre' || text.endsWith('\n') ? text : `${text}\n`
}

function writeList(element: Element, writer: Writer): void {
  const items: string[] = []
  for (const child of element.children) {
    if (!isElement(child)) continue
    const inner = toMarkdown(child.tag === 'li' ? child : { ...child, children: [child] })
    if (inner === '') continue
    const isNested = child.tag === 'ul' || child.tag === 'ol'
    const mark = element.tag === 'ol' ? `${items.length + 1}. ` : '- '
    const indent = ' '.repeat(mark.length)
    // Paragraphs of one item stand close, so that a list stays one block.
    const lines = inner.replace(/\n{2,}/g, '\n').split('\n')
    items.push(lines.map((line, at) => (at === 0 && !isNested ? mark : indent) + line).join('\n'))
  }
  if (items.length > 0) writer.blocks.push(items.join('\n'))
}

function writeQuote(element: Element, writer: Writer): void {
  const inner = toMarkdown({ ...element, tag: 'div' })
  if (inner !== '') writer.blocks.push(inner.replace(/^/gm, '> ').replace(/^> $/gm, '>'))
}

/** Tables that only lay the page out (one column, or blocks within cells) are written as what they hold. */
function writeTable(table: Element, writer: Writer): void {
  const rows = rowsOf(table)
  const cells = rows.map((row) => row.children.filter(isElement).filter(({ tag }) => tag === 'td' || tag === 'th'))
  const columns = Math.max(0, ...cells.map((row) => row.length))
  const isLayout = columns < 2 || cells.flat().some(holdsBlocks)
  if (isLayout) {
    for (const child of table.children) if (isElement(child)) write({ ...child, tag: 'div' }, writer)
    return
  }
  const [head, ...body] = cells
    .map((row) => row.map((cell) => textOf(cell).replaceAll('|', '\\|')))
    .filter((row) => row.some((text) => text !== ''))
  if (!head) return
  const line = (row: string[]) => `| ${Array.from({ length: columns }, (_, at) => row[at] ?? '').join(' | ')} |`
  const caption = table.children.filter(isElement).find(({ tag }) => tag === 'caption')
  if (caption && textOf(caption) !== '') writer.blocks.push(textOf(caption))
  writer.blocks.push([line(head), `|${' --- |'.repeat(columns)}`, ...body.map(line)].join('\n'))
}

function rowsOf(table: Element): Element[] {
  return table.children.filter(isElement).flatMap((child) => {
    if (child.tag === 'tr') return [child]
    return ['thead', 'tbody', 'tfoot'].includes(child.tag) ? rowsOf(child) : []
  })
}

function holdsBlocks(cell: Element): boolean {
  return cell.children
    .filter(isElement)
    .some(
      (child) =>
        ['table', 'ul', 'ol', 'pre', 'h1', 'h2', 'h3', 'h4', 'blockquote'].includes(child.tag) || holdsBlocks(child),
    )
}

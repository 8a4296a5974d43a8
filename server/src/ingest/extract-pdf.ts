/** PDF to Markdown: paragraphs joined from their lines, larger type as headings, `\f` where a new page begins. */
import { getDocumentProxy } from 'unpdf'
import type { Extract } from './document.ts'
import { ReadProblem } from './read-problem.ts'

const maxPages = 2_000
/** In UTF-16 code units; more is refused as too long. */
const maxText = 5_000_000

interface Line {
  text: string
  size: number
  /** From the bottom of the page. */
  y: number
}

/** Throws ReadProblem for what is encrypted, broken, or holds pictures of text alone. */
export async function extractPdf(body: Uint8Array): Promise<Extract> {
  const pdf = await open(body)
  try {
    if (pdf.numPages > maxPages) throw new ReadProblem('too_many_pages')
    const pages: Line[][] = []
    let length = 0
    for (let number = 1; number <= pdf.numPages; number++) {
      const lines = await linesOf(pdf, number)
      length += lines.reduce((sum, { text }) => sum + text.length, 0)
      if (length > maxText) throw new ReadProblem('too_long')
      pages.push(lines)
    }
    if (length === 0) throw new ReadProblem('scanned')
    const bodySize = commonSize(pages.flat())
    const { info } = await pdf.getMetadata().catch(() => ({ info: {} }))
    return {
      title: infoText(info, 'Title'),
      language: infoText(info, 'Language') || null,
      canonicalUrl: null,
      markdown: pages.map((lines) => markdownOf(lines, bodySize)).join('\n\f\n'),
    }
  } catch (cause) {
    throw cause instanceof ReadProblem ? cause : new ReadProblem('file_invalid', { cause })
  } finally {
    await pdf.loadingTask.destroy()
  }
}

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>

async function open(body: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(new Uint8Array(body), { verbosity: 0, stopAtErrors: false })
  } catch (cause) {
    const isLocked = cause instanceof Error && cause.name === 'PasswordException'
    throw new ReadProblem(isLocked ? 'encrypted' : 'file_invalid', { cause })
  }
}

async function linesOf(pdf: Pdf, number: number): Promise<Line[]> {
  const page = await pdf.getPage(number)
  const { items } = await page.getTextContent()
  const lines: Line[] = []
  let line: Line | null = null
  for (const item of items) {
    if (!('str' in item)) continue
    const y = Number(item.transform[5] ?? 0)
    if (line === null || (item.str.trim() !== '' && Math.abs(y - line.y) > Math.max(line.size, item.height) / 2)) {
      line = { text: '', size: item.height, y }
      lines.push(line)
    }
    line.text += item.str
    line.size = Math.max(line.size, item.height)
    if (item.hasEOL) line = null
  }
  page.cleanup()
  return lines
    .map(({ text, ...rest }) => ({ ...rest, text: text.replace(/\s+/g, ' ').trim() }))
    .filter(({ text }) => text !== '')
}

function markdownOf(lines: Line[], bodySize: number): string {
  const blocks: string[] = []
  const isHeading = ({ size, text }: Line) => size > bodySize * 1.15 && text.length <= 200
  for (const [at, line] of lines.entries()) {
    const last = lines[at - 1]
    const gap = last ? last.y - line.y : 0
    const isNear = last !== undefined && gap > 0 && gap < Math.max(line.size, last.size) * 1.75
    if (isNear && isHeading(last) === isHeading(line) && !isItem(line.text))
      blocks.push(joined(blocks.pop() ?? '', line.text))
    else if (isHeading(line)) blocks.push(`${line.size > bodySize * 1.5 ? '#' : '##'} ${line.text}`)
    else blocks.push(escaped(line.text))
  }
  return blocks.join('\n\n')
}

/** A hyphen at a line's end is the typesetter's where a small letter follows. */
function joined(before: string, text: string): string {
  if (/\p{L}[-\u00ad]$/u.test(before) && /^\p{Ll}/u.test(text)) return before.slice(0, -1) + text
  return `${before} ${text}`
}

function isItem(text: string): boolean {
  return /^(?:[•‣▪*–-]|\d{1,3}[.)])\s/.test(text)
}

function escaped(text: string): string {
  return text.replace(/^[•‣▪]\s*/, '- ').replace(/^(?=#|>|\||=|`{3}|~{3})/, '\\')
}

/** Of most characters. */
function commonSize(lines: Line[]): number {
  const lengths = new Map<number, number>()
  for (const { size, text } of lines) lengths.set(size, (lengths.get(size) ?? 0) + text.length)
  return [...lengths].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0]
}

function infoText(info: object, name: string): string {
  const value: unknown = Object.entries(info).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}

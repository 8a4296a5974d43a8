/** A document as it was fetched or given becomes Markdown with a title. Runs in the reader's thread. */
import { decodeHtml, decodeText } from './charset.ts'
import type { Document, Extract } from './document.ts'
import { kindOf } from './document-kind.ts'
import { extractCsv } from './extract-csv.ts'
import { extractDocx } from './extract-docx.ts'
import { extractHtml } from './extract-html.ts'
import { extractJson } from './extract-json.ts'
import { extractMarkdown } from './extract-markdown.ts'
import { extractPdf } from './extract-pdf.ts'
import { ReadProblem } from './read-problem.ts'

/** In UTF-16 code units; a source's own limit too. */
const maxMarkdown = 2_000_000

/** Throws ReadProblem for what holds no text that can be read. */
export async function extract(document: Document): Promise<Extract> {
  const kind = kindOf(document)
  if (kind === 'pdf') return finished(await extractPdf(document.body))
  if (kind === 'docx') return finished(await extractDocx(document.body))
  return extractText(document)
}

/** What is text already. Throws ReadProblem as `extract` does. */
export function extractText(document: Document): Extract {
  const read = readText(document)
  // A form feed begins a page of a PDF, and of nothing else.
  return finished({ ...read, markdown: read.markdown.replaceAll('\f', '\n') })
}

function finished(read: Extract): Extract {
  const markdown = read.markdown
    .replaceAll('\0', '')
    .toWellFormed()
    .replace(/^[^\S\f]+/, '')
    .trimEnd()
  if (markdown.trim() === '') throw new ReadProblem('no_text')
  if (markdown.length > maxMarkdown) throw new ReadProblem('too_long')
  const title = read.title.replaceAll('\0', '').toWellFormed().replace(/\s+/g, ' ').trim().slice(0, 300)
  return { ...read, title: title.toWellFormed(), markdown }
}

function readText(document: Document): Extract {
  const { url, charset, body } = document
  switch (kindOf(document)) {
    case 'html':
      return extractHtml(decodeHtml(body, charset), url)
    case 'text':
      return extractMarkdown(decodeText(body, charset))
    case 'csv':
      return extractCsv(decodeText(body, charset))
    case 'json':
      return extractJson(decodeText(body, charset))
    default:
      throw new ReadProblem('unsupported_type')
  }
}

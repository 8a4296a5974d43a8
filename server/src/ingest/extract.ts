/** A document as it was fetched or given becomes Markdown with a title. Runs in the reader's thread. */
import { decodeHtml, decodeText } from './charset.ts'
import type { Document, Extract } from './document.ts'
import { extractHtml } from './extract-html.ts'
import { extractMarkdown } from './extract-markdown.ts'
import { ReadProblem } from './read-problem.ts'

/** In UTF-16 code units; a source's own limit too. */
const maxMarkdown = 2_000_000

/** Throws ReadProblem for what holds no text that can be read. */
export function extract(document: Document): Extract {
  const read = extractByType(document)
  const markdown = read.markdown.replaceAll('\0', '').toWellFormed().trim()
  if (markdown === '') throw new ReadProblem('no_text')
  if (markdown.length > maxMarkdown) throw new ReadProblem('too_long')
  const title = read.title.replaceAll('\0', '').toWellFormed().replace(/\s+/g, ' ').trim().slice(0, 300)
  return { ...read, title: title.toWellFormed(), markdown }
}

function extractByType({ url, contentType, charset, body }: Document): Extract {
  switch (kindOf(contentType, url, body)) {
    case 'html':
      return extractHtml(decodeHtml(body, charset), url)
    case 'text':
      return extractMarkdown(decodeText(body, charset))
    default:
      throw new ReadProblem('unsupported_type')
  }
}

function kindOf(contentType: string | null, url: string | null, body: Uint8Array): 'html' | 'text' | null {
  if (contentType === 'text/html' || contentType === 'application/xhtml+xml') return 'html'
  const start = new TextDecoder('latin1').decode(body.subarray(0, 512))
  const isBinary = start.includes('\0')
  if (contentType?.startsWith('text/') || contentType === 'application/markdown') return isBinary ? null : 'text'
  if (contentType !== null && contentType !== 'application/octet-stream') return null
  if (/^\s*(<!doctype html|<html|<head|<body|<!--)/i.test(start)) return 'html'
  return !isBinary && (url === null || /\.(md|markdown|txt)$/i.test(new URL(url).pathname)) ? 'text' : null
}

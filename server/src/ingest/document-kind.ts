/** Of which kind a document is: as its sender says, where its first bytes do not speak against it. */
import { docxType } from '../sources/file-type.ts'
import type { Document } from './document.ts'

export type DocumentKind = 'html' | 'text' | 'csv' | 'json' | 'pdf' | 'docx'

const kinds: Record<string, DocumentKind> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'application/markdown': 'text',
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/csv': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'json',
  'application/jsonl': 'json',
  'application/pdf': 'pdf',
  'application/x-pdf': 'pdf',
  [docxType]: 'docx',
}

/** Null for what cannot be read. */
export function kindOf({ contentType, url, body }: Document): DocumentKind | null {
  const start = new TextDecoder('latin1').decode(body.subarray(0, 1_024))
  const said = contentType === null ? undefined : kinds[contentType]
  if (said) return said
  const isBinary = start.includes('\0') && !/^(?:\xff\xfe|\xfe\xff)/.test(start)
  if (contentType?.startsWith('text/')) return isBinary ? null : 'text'
  if (contentType !== null && contentType !== 'application/octet-stream') return null
  if (start.startsWith('%PDF-')) return 'pdf'
  if (/^\s*(<!doctype html|<html|<head|<body|<!--)/i.test(start)) return 'html'
  return !isBinary && (url === null || /\.(md|markdown|txt)$/i.test(new URL(url).pathname)) ? 'text' : null
}

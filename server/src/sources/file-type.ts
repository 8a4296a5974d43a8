/** What an uploaded file may be called and be: its name and its first bytes must agree. */

export const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

/** By extension; `text` for what has no mark of its own. */
const types: Record<string, [contentType: string, looksRight: (start: string) => boolean]> = {
  pdf: ['application/pdf', (start) => start.includes('%PDF-')],
  docx: [docxType, (start) => start.startsWith('PK\x03\x04')],
  md: ['text/markdown', isText],
  markdown: ['text/markdown', isText],
  txt: ['text/plain', isText],
  html: ['text/html', isText],
  htm: ['text/html', isText],
  csv: ['text/csv', isText],
  tsv: ['text/tab-separated-values', isText],
  json: ['application/json', isText],
  jsonl: ['application/x-ndjson', isText],
}

const marksOfOthers = ['%PDF-', 'PK\x03\x04', '\x89PNG', 'GIF8', '\xff\xd8\xff', '\x7fELF', 'MZ\x90']

function isText(start: string): boolean {
  const isUtf16 = start.startsWith('\xff\xfe') || start.startsWith('\xfe\xff')
  return (isUtf16 || !start.includes('\0')) && !marksOfOthers.some((mark) => start.startsWith(mark))
}

/** Null for an extension that is not read. */
export function typeOfName(name: string): string | null {
  return types[extensionOf(name)]?.[0] ?? null
}

export function agrees(name: string, start: Uint8Array): boolean {
  return types[extensionOf(name)]?.[1](Buffer.from(start).toString('latin1')) ?? false
}

function extensionOf(name: string): string {
  return /\.([a-z]{2,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
}

const maxName = 200

/** The name to show: without folders, control characters and marks that turn the direction of writing. */
export function safeName(given: string): string {
  const base = given.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const plain = base
    .replace(/[\p{C}\u2028\u2029]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/^[.\s]+/, '')
    .trim()
  const extension = /\.[a-z]{2,8}$/i.exec(plain)?.[0] ?? ''
  const stem = [...plain.slice(0, plain.length - extension.length)]
    .slice(0, maxName - extension.length)
    .join('')
    .trim()
  return (stem || 'file') + extension
}

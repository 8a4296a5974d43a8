/** Why what was fetched or given cannot become knowledge: a code for programs, a sentence for the owner. */

const sentences = {
  too_complex: 'The page is too large or too deeply nested to be read.',
  too_long: 'The page holds more than two million characters of text. Split it up.',
  no_text: 'No text was found on this page.',
  needs_javascript: 'The page shows its text only with JavaScript, which is not run here.',
  unsupported_type: 'This is neither a web page, nor a text or a file of a kind that can be read.',
  file_invalid: 'The file is damaged, or is not what its name says.',
  file_gone: 'The uploaded file is no longer here. Upload it again.',
  encrypted: 'The file is protected by a password.',
  scanned: 'The PDF holds pictures of pages and no text. Give it text with a program for text recognition (OCR) first.',
  too_many_pages: 'The PDF has more than 2,000 pages. Split it up.',
  not_a_sitemap: 'What is at this address is not a sitemap that can be read.',
} as const

export type ReadProblemCode = keyof typeof sentences

export class ReadProblem extends Error {
  readonly code: ReadProblemCode

  constructor(code: ReadProblemCode, options: { cause?: unknown } = {}) {
    super(sentences[code], options)
    this.name = 'ReadProblem'
    this.code = code
  }
}

export function isReadProblemCode(code: string): code is ReadProblemCode {
  return Object.hasOwn(sentences, code)
}

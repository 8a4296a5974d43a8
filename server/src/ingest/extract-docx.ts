/** DOCX to Markdown, by way of HTML. The zip is checked before anything of it is used; nothing is written to disk. */

import mammoth from 'mammoth'
import { SaxesParser } from 'saxes'
import { fromBufferPromise, type ZipFile } from 'yauzl'
import type { Extract } from './document.ts'
import { toMarkdown } from './html-markdown.ts'
import { parseHtml } from './html-tree.ts'
import { ReadProblem } from './read-problem.ts'

const maxEntries = 2_000
const maxBytes = 100 * 1024 * 1024
/** A table within a table adds three: it holds 19 of them; files of Word are mostly 9 to 16 deep. */
const maxDepth = 64
/** Word writes letters as themselves: 500,000 are a book of which every letter is a reference. */
const maxReferences = 500_000
/** Of the HTML, by the bytes of XML it is made of: what says more than was written shows one note over and over. */
const maxGrowth = 2

/** Throws ReadProblem for what is no DOCX, is broken, or is made to do harm. */
export async function extractDocx(body: Uint8Array): Promise<Extract> {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  try {
    const { names, xmlBytes, title } = await checkZip(buffer)
    if (!names.has('word/document.xml')) throw new ReadProblem('file_invalid')
    const { value } = await mammoth.convertToHtml(
      { buffer },
      {
        externalFileAccess: false,
        includeEmbeddedStyleMap: false,
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      },
    )
    if (value.length > maxGrowth * xmlBytes) throw new ReadProblem('too_complex')
    return { title, language: null, canonicalUrl: null, markdown: toMarkdown(parseHtml(value)) }
  } catch (cause) {
    throw cause instanceof ReadProblem ? cause : new ReadProblem('file_invalid', { cause })
  }
}

/** What is in it. What inflates beyond the cap is cut off there: declared sizes may lie. */
async function checkZip(buffer: Buffer): Promise<{ names: Set<string>; xmlBytes: number; title: string }> {
  const zip = await openZip(buffer)
  if (zip.entryCount > maxEntries) throw new ReadProblem('file_invalid')
  const names = new Set<string>()
  let total = 0
  let xmlBytes = 0
  let title = ''
  for await (const entry of zip.eachEntry()) {
    if (names.size >= maxEntries || names.has(entry.fileName)) throw new ReadProblem('file_invalid')
    names.add(entry.fileName)
    if (entry.fileName.endsWith('/')) continue
    const check = isXml(entry.fileName) ? xmlCheck() : null
    for await (const part of await zip.openReadStreamPromise(entry)) {
      total += part.length
      if (total > maxBytes) throw new ReadProblem('file_invalid')
      if (!check) continue
      xmlBytes += part.length
      check.write(part)
    }
    const said = check?.end()
    if (said && entry.fileName === 'docProps/core.xml') title = said.title
  }
  return { names, xmlBytes, title }
}

/** yauzl itself refuses names that are absolute or hold `..`. */
async function openZip(buffer: Buffer): Promise<ZipFile> {
  try {
    return await fromBufferPromise(buffer, { lazyEntries: true, strictFileNames: true })
  } catch (cause) {
    throw new ReadProblem('file_invalid', { cause })
  }
}

/** The parts that mammoth parses, wherever the file says they are. */
const parsedParts = /\/(officeDocument|styles|numbering|footnotes|endnotes|comments)$/

/**
 * Throws for a document type (so no entity is ever declared), for what is nested too deep or made of references, for a
 * part of the text that would not come by here, and for what is no XML. Tells the title that the part has, if it has one.
 */
function xmlCheck() {
  const decoder = new TextDecoder()
  const parser = new SaxesParser()
  const open: string[] = []
  let references = 0
  let title = ''
  parser.on('doctype', refuse)
  parser.on('error', refuse)
  parser.on('opentag', ({ name, attributes: { Type = '', Target = '' } }) => {
    if (open.push(name) > maxDepth) throw new ReadProblem('too_complex')
    if (parsedParts.test(Type) && !isXml(Target)) refuse()
  })
  parser.on('closetag', () => open.pop())
  parser.on('text', (text) => {
    if (open.length === 2 && /^(\w+:)?title$/.test(open[1] ?? '')) title += text
  })
  function write(text: string) {
    references += text.split('&').length - 1
    if (references > maxReferences) throw new ReadProblem('too_complex')
    parser.write(text)
  }
  return {
    write: (part: Uint8Array) => write(decoder.decode(part, { stream: true })),
    end() {
      write(decoder.decode())
      parser.close()
      return { title }
    },
  }
}

function isXml(name: string): boolean {
  return /\.(xml|rels)$/i.test(name)
}

function refuse(cause?: unknown): never {
  throw new ReadProblem('file_invalid', { cause })
}

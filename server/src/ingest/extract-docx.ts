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
/** Nested tables and text boxes of real files stay below it. */
const maxDepth = 256

/** Throws ReadProblem for what is no DOCX, is broken, or is made to do harm. */
export async function extractDocx(body: Uint8Array): Promise<Extract> {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  try {
    const names = await checkZip(buffer)
    if (!names.has('word/document.xml')) throw new ReadProblem('file_invalid')
    const { value } = await mammoth.convertToHtml(
      { buffer },
      { externalFileAccess: false, convertImage: mammoth.images.imgElement(async () => ({ src: '' })) },
    )
    return { title: '', language: null, canonicalUrl: null, markdown: toMarkdown(parseHtml(value)) }
  } catch (cause) {
    throw cause instanceof ReadProblem ? cause : new ReadProblem('file_invalid', { cause })
  }
}

/** The names in it. What inflates beyond the cap is cut off there: declared sizes may lie. */
async function checkZip(buffer: Buffer): Promise<Set<string>> {
  const zip = await openZip(buffer)
  if (zip.entryCount > maxEntries) throw new ReadProblem('file_invalid')
  const names = new Set<string>()
  let total = 0
  for await (const entry of zip.eachEntry()) {
    if (names.size >= maxEntries || names.has(entry.fileName)) throw new ReadProblem('file_invalid')
    names.add(entry.fileName)
    if (entry.fileName.endsWith('/')) continue
    const check = /\.(xml|rels)$/i.test(entry.fileName) ? xmlCheck() : null
    for await (const part of await zip.openReadStreamPromise(entry)) {
      total += part.length
      if (total > maxBytes) throw new ReadProblem('file_invalid')
      check?.write(part)
    }
    check?.end()
  }
  return names
}

/** yauzl itself refuses names that are absolute or hold `..`. */
async function openZip(buffer: Buffer): Promise<ZipFile> {
  try {
    return await fromBufferPromise(buffer, { lazyEntries: true, strictFileNames: true })
  } catch (cause) {
    throw new ReadProblem('file_invalid', { cause })
  }
}

/** Throws for a document type (so no entity is ever declared), for what is nested too deep, and for what is no XML. */
function xmlCheck() {
  const decoder = new TextDecoder()
  const parser = new SaxesParser()
  let depth = 0
  parser.on('doctype', refuse)
  parser.on('error', refuse)
  parser.on('opentag', () => ++depth > maxDepth && refuse())
  parser.on('closetag', () => depth--)
  return {
    write: (part: Uint8Array) => void parser.write(decoder.decode(part, { stream: true })),
    end: () => void parser.write(decoder.decode()).close(),
  }
}

function refuse(cause?: unknown): never {
  throw new ReadProblem('file_invalid', { cause })
}

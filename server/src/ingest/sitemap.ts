/** Reads a sitemap (sitemaps.org): the addresses of pages, or of further sitemaps. Runs in the reader's thread. */
import { createGunzip } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { getDomain } from 'tldts'
import { normaliseAddress } from '../platform/web-address.ts'
import { ReadProblem } from './read-problem.ts'

export interface SitemapEntry {
  address: string
  /** In milliseconds since 1970; where only a day is named, its end. */
  lastModified: number | null
}

export interface Sitemap {
  kind: 'pages' | 'sitemaps'
  entries: SitemapEntry[]
  /** Left out, since they are of other domains than the sitemap's owner has. */
  foreign: number
  /** Whether it goes on after its 50,000th entry, or breaks off in the middle. */
  isCut: boolean
}

const maxBytes = 50_000_000
const maxEntries = 50_000
const maxDepth = 64
const maxTextLength = 4_000
const pieceBytes = 64 * 1024

/**
 * `site` is the address whose registrable domain the entries must be of. Throws ReadProblem for what is no sitemap, or is
 * packed beyond reason. One that is broken in the middle gives what stands before.
 */
export async function readSitemap(packed: Uint8Array, site: string): Promise<Sitemap> {
  const body = await unpacked(packed)
  const domain = ownerOf(site)
  const entries: SitemapEntry[] = []
  let kind: Sitemap['kind'] | null = null
  let foreign = 0
  let isCut = false

  const open: string[] = []
  let text = ''
  let entry: { loc: string; lastmod: string } | null = null
  const parser = new SaxesParser({ position: false })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', () => {
    throw new Error('a sitemap has no document type')
  })
  parser.on('opentag', ({ name }) => {
    if (open.push(name) > maxDepth) throw new Error('nested too deeply')
    if (open.length === 1) kind = kindOf(name)
    if (open.length === 2) entry = { loc: '', lastmod: '' }
    text = ''
  })
  parser.on('text', (more) => {
    if (text.length < maxTextLength) text += more
  })
  parser.on('cdata', (more) => {
    if (text.length < maxTextLength) text += more
  })
  parser.on('closetag', ({ name }) => {
    const depth = open.length
    open.pop()
    if (!entry) return
    // `image:loc` and its like belong to other vocabularies: what counts has the prefix of its parent.
    const field = depth === 3 && prefixOf(name) === prefixOf(open[1] ?? '') ? localName(name) : ''
    if (field === 'loc' || field === 'lastmod') entry[field] = text
    if (depth !== 2) return
    const address = entry.loc.trim() === '' ? null : normaliseAddress(entry.loc, site)
    if (address && ownerOf(address) === domain) entries.push({ address, lastModified: timeOf(entry.lastmod.trim()) })
    else foreign++
    entry = null
    if (entries.length + foreign >= maxEntries) throw new Error('more entries than a sitemap may have')
  })

  const decoder = new TextDecoder(encodingOf(body))
  try {
    for (let at = 0; at < body.length; at += pieceBytes) {
      parser.write(decoder.decode(body.subarray(at, at + pieceBytes), { stream: true }))
      if (open.length > 0 && kind === null) throw new ReadProblem('not_a_sitemap')
    }
    parser.close()
  } catch (error) {
    if (error instanceof ReadProblem || entries.length + foreign === 0) throw new ReadProblem('not_a_sitemap')
    isCut = true
  }
  if (kind === null) throw new ReadProblem('not_a_sitemap')
  return { kind, entries, foreign, isCut }
}

function kindOf(root: string): Sitemap['kind'] | null {
  const name = localName(root)
  return name === 'urlset' ? 'pages' : name === 'sitemapindex' ? 'sitemaps' : null
}

function prefixOf(name: string): string {
  return name.slice(0, name.indexOf(':') + 1)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The registrable domain; of an address without one, its host. */
function ownerOf(address: string): string {
  return getDomain(address, { allowPrivateDomains: true }) ?? new URL(address).hostname
}

/** Packed by the server or by the file's own name: its first bytes tell. What is beyond the cap is left. */
async function unpacked(body: Uint8Array): Promise<Uint8Array> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  // gzip packs 1,029 to 1, sitemaps 10 to 30: past a megabyte more than 200 is a bomb.
  const cap = Math.min(maxBytes, Math.max(1_000_000, 200 * body.length))
  const chunks: Buffer[] = []
  let size = 0
  try {
    const gunzip = createGunzip()
    gunzip.end(body)
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= cap) break
    }
  } catch {
    // Broken in the middle: what came before may do.
  }
  return Buffer.concat(chunks)
}

function encodingOf(body: Uint8Array): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le'
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be'
  const start = new TextDecoder('latin1').decode(body.subarray(0, 200))
  const label = /^<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.-]{1,40})/i.exec(start)?.[1]
  // A file whose first letters can be read so is no UTF-16, whatever it says.
  return label !== undefined && isEncoding(label) && !/^utf-?16/i.test(label) ? label : 'utf-8'
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}

const dayMs = 86_400_000

/** W3C Datetime; null for what is none. */
function timeOf(text: string): number | null {
  const time = /^\d{4}(-\d\d){0,2}(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) return null
  return text.includes('T') ? time : time + dayMs * (text.length === 10 ? 1 : text.length === 7 ? 31 : 366)
}

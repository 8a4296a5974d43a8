/** The way of one page: fetch, look at what it says to crawlers, extract, cut, embed, swap. */
import { createHash } from 'node:crypto'
import { indexPage } from '../knowledge/knowledge.ts'
import type { PageId } from '../platform/id.ts'
import { findTwin, type Page, type PageChange, settlePage } from '../sources/pages.ts'
import type { Source } from '../sources/sources.ts'
import type { Document, Extract } from './document.ts'
import { type FetchedPage, fetchPage } from './fetch-page.ts'
import { PageProblem } from './page-problem.ts'
import { passagesOf } from './passages.ts'
import { embeddingsOf, type IngestPorts } from './ports.ts'
import type { SitemapWalk } from './sitemaps.ts'

export interface PageReading extends Omit<SitemapWalk, 'ports'> {
  ports: IngestPorts
  /** Pages whose content is being indexed right now, by its hash. */
  underWay: Map<string, Page>
  /** Pages whose links are known, whatever else became of them. */
  scanned: Set<PageId>
}

/** Another sync has taken the page up, or this one was called off. */
export class Superseded extends Error {}

/** Reads the page into the index and returns how many bytes it had. Throws what is in its way; the old text then answers on. */
export async function readPage(reading: PageReading, page: Page): Promise<number> {
  const { ports, source } = reading
  if (!isCrawl(source) && reading.frontier.cap < 1 && page.contentHash === null) throw new PageProblem('over_cap')
  const fetched = page.address === null ? null : await fetchPage(reading, page, page.address)
  const checked: PageChange = { problem: null, reason: null, fetchedAt: new Date(), ...fetched?.change }
  if (fetched && !fetched.document) {
    await reading.frontier.add(page.links ?? [], page.depth + 1)
    await settle(reading, page, { ...checked, state: 'unchanged' })
    return 0
  }
  const document = fetched?.document ?? (await givenDocument(ports, source))
  const scan = fetched && (await lookAround(reading, page, fetched, document))
  const extract = await ports.reader.extract(document)
  if (scan?.hasPassword && extract.markdown.length < shortText) throw new PageProblem('login')

  const title = source.title ?? (extract.title || (source.file?.name ?? nameOf(fetched?.url ?? source.url)))
  const content = {
    ...checked,
    ...(scan && { links: source.kind === 'website' ? scan.links : null }),
    url: fetched ? publicAddress(fetched.url, extract.canonicalUrl) : source.url,
    title,
    language: extract.language ?? fetched?.language ?? null,
    bytes: document.body.byteLength,
    markdown: extract.markdown,
    contentHash: hashOf(title, extract),
  }
  if (content.contentHash === page.contentHash) await settle(reading, page, { ...content, state: 'unchanged' })
  else await index(reading, page, content)
  return document.body.byteLength
}

/** A form to sign in has hardly more text than that. */
const shortText = 500

function isCrawl({ kind }: Pick<Source, 'kind'>): boolean {
  return kind === 'website' || kind === 'sitemap'
}

async function givenDocument({ readFile }: IngestPorts, source: Source): Promise<Document> {
  if (source.file) return readFile(source, source.file)
  return { url: null, contentType: 'text/markdown', charset: 'utf-8', body: Buffer.from(source.content ?? '') }
}

/** What the page says to crawlers, heeded; its links are listed, also if it is not to be indexed itself. */
async function lookAround(reading: PageReading, page: Page, fetched: FetchedPage, document: Document) {
  const { ports, source, frontier } = reading
  const scan = await ports.reader.scan(document, fetched.robotsTag)
  if (source.kind === 'website') await frontier.add(scan.links, page.depth + 1)
  reading.scanned.add(page.id)
  if (scan.isNoIndex) throw new PageProblem('noindex')
  if (scan.hasPassword && fetched.isRedirected) throw new PageProblem('login')
  const addresses = [fetched.url, scan.canonical ?? fetched.url].filter((address) => address !== page.address)
  const twin = isCrawl(source) ? await findTwin(ports.db, page, { addresses }) : null
  if (twin) throw new PageProblem('duplicate', twin.url ?? '')
  return scan
}

type Content = PageChange & { title: string; language: string | null; markdown: string; contentHash: string }

async function index(reading: PageReading, page: Page, content: Content): Promise<void> {
  const { ports, source, underWay, signal } = reading
  const { contentHash, title, markdown, language } = content
  const twin = underWay.get(contentHash) ?? (isCrawl(source) ? await findTwin(ports.db, page, { contentHash }) : null)
  if (twin) throw new PageProblem('duplicate', twin.url ?? '')
  underWay.set(contentHash, page)
  try {
    await settle(reading, page, { state: 'fetched', fetchedAt: new Date() })
    const passages = await passagesOf(ports.reader, source.kind, markdown)
    const embeddings = await embeddingsOf(ports, page)
    signal.throwIfAborted()
    const toIndex = { pageId: page.id, title, language, isPair: source.kind === 'qa' }
    const change = page.contentHash === null ? 'added' : 'changed'
    await indexPage({ db: ports.db, embeddings }, page.workspaceId, page.botId, toIndex, passages, async (tx) => {
      if (!(await settlePage(tx, page, { ...content, state: 'indexed' }, change))) throw new Superseded()
    })
  } finally {
    underWay.delete(contentHash)
  }
}

async function settle({ ports }: PageReading, page: Page, values: PageChange): Promise<void> {
  if (!(await settlePage(ports.db, page, values))) throw new Superseded()
}

/** A page may name its own address without what only counts visits; anything else it says of itself is not believed. */
function publicAddress(address: string, canonical: string | null): string {
  const url = new URL(address)
  url.hash = ''
  const own = canonical === null ? null : URL.parse(canonical)
  if (own && own.origin === url.origin && own.pathname === url.pathname) {
    own.hash = ''
    return own.href
  }
  return url.href
}

function nameOf(address: string | null): string {
  const url = address === null ? null : URL.parse(address, 'http://this.invalid')
  if (!url) return 'Untitled'
  const path = url.pathname === '/' ? '' : url.pathname
  return url.host === 'this.invalid' ? path || 'Untitled' : url.host + path
}

function hashOf(title: string, { language, markdown }: Extract): string {
  return createHash('sha256')
    .update(JSON.stringify([title, language, markdown]))
    .digest('hex')
}

/** A website on loopback whose pages a test changes while it stands, and that remembers what it was asked for. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { startSite } from './ingesting.ts'

export interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface Website extends AsyncDisposable {
  url: string
  /** By path and query; what is not here is 404. An answer of null never comes. */
  pages: Map<string, string | Answer | null>
  /** Paths in the order in which they were asked for, robots.txt excepted. */
  asked: string[]
  /** `asked`, which begins anew. */
  takeAsked(): string[]
}

/** Pages of HTML have an ETag and are answered 304 when they have not changed. */
export async function startWebsite(pages: Record<string, string | Answer | null> = {}): Promise<Website> {
  const website = { pages: new Map(Object.entries(pages)), asked: [] as string[] }
  const site = await startSite((request, response) => {
    const path = request.url ?? ''
    if (path !== '/robots.txt') website.asked.push(path)
    const page = website.pages.get(path)
    if (page === null) return
    if (page === undefined) return response.writeHead(404).end('nothing here')
    if (typeof page !== 'string') return response.writeHead(page.status ?? 200, page.headers).end(page.body)
    const etag = `"${createHash('sha256').update(page).digest('hex').slice(0, 16)}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
    const type = path.endsWith('.xml') ? 'application/xml' : path.endsWith('.txt') ? 'text/plain' : 'text/html'
    return response.writeHead(200, { 'content-type': type, etag }).end(page)
  })
  return {
    ...website,
    url: site.url,
    takeAsked: () => website.asked.splice(0),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  }
}

/** A page with a text of its own and links in its menu. */
export function pageOf(title: string, links: string[] = [], text = `This page tells all about ${title}.`): string {
  const menu = links.map((link) => `<li><a href="${link}">${link}</a></li>`).join('')
  return `<!doctype html><html lang="en"><head><title>${title}</title></head>
    <body><nav><ul>${menu}</ul></nav><main><h1>${title}</h1><p>${text}</p></main></body></html>`
}

export function sitemapOf(...entries: (string | [address: string, lastModified: string])[]): string {
  const urls = entries.map((entry) => {
    const [loc, lastmod] = Array.isArray(entry) ? entry : [entry, null]
    return `<url><loc>${loc}</loc>${lastmod ? `<lastmod>${lastmod}</lastmod>` : ''}</url>`
  })
  return `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('')}</urlset>`
}

export function sitemapIndexOf(...addresses: string[]): string {
  const sitemaps = addresses.map((loc) => `<sitemap><loc>${loc}</loc></sitemap>`).join('')
  return `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${sitemaps}</sitemapindex>`
}

export function packed(xml: string): Answer {
  return { headers: { 'content-type': 'application/gzip' }, body: gzipSync(xml) }
}

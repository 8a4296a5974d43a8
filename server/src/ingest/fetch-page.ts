/** Fetches a page of a source, within what its host's robots.txt allows. */
import { politeFetch } from '../platform/polite-fetch.ts'
import { isSameSite, normaliseAddress } from '../platform/web-address.ts'
import type { Page, PageChange } from '../sources/pages.ts'
import type { Document } from './document.ts'
import { PageProblem } from './page-problem.ts'
import type { SitemapWalk } from './sitemaps.ts'

export interface FetchedPage {
  /** What answered, after redirects. */
  url: string
  isRedirected: boolean
  language: string | null
  /** `X-Robots-Tag` */
  robotsTag: string | null
  /** Null when the site says that nothing has changed. */
  document: Document | null
  change: PageChange
}

/** Throws FetchProblem, and PageProblem where robots.txt or a redirect to another site is in the way. */
export async function fetchPage(
  { ports, source, robots, signal }: SitemapWalk,
  page: Page,
  address: string,
): Promise<FetchedPage> {
  const { delayMs, isAllowed } = await robots.of(address, signal)
  if (!isAllowed(address)) throw new PageProblem('robots')
  // Without what was read before, "not modified" would leave nothing: neither its text nor, of a website, its links.
  const isKnown = page.contentHash !== null && (source.kind !== 'website' || page.links !== null)
  const fetched = await politeFetch(ports.egress, address, { signal, delayMs, ...(isKnown && { known: page }) })
  const url = normaliseAddress(fetched.url) ?? fetched.url
  const isRedirected = url !== address
  if (isRedirected) {
    if (source.kind === 'website' && !isSameSite(url, source.url ?? '')) throw new PageProblem('other_site', url)
    if (!(await robots.of(url, signal)).isAllowed(url)) throw new PageProblem('robots')
  }
  const { status, etag, lastModified, contentType, charset, body } = fetched
  return {
    url,
    isRedirected,
    language: fetched.contentLanguage?.split(',', 1)[0]?.trim() || null,
    robotsTag: fetched.robotsTag,
    document: status === 304 ? null : { url, contentType, charset, body },
    change: { httpStatus: status, ...(status !== 304 && { etag, lastModified }) },
  }
}

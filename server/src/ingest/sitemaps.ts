/** The sitemaps of a source, one after the other: those it names, those that robots.txt names, and those within them. */
import type { Db } from '../platform/db/db.ts'
import { politeFetch } from '../platform/polite-fetch.ts'
import { type Egress, FetchProblem } from '../platform/safe-fetch.ts'
import { normaliseAddress } from '../platform/web-address.ts'
import { listUnchanged, type SyncRef } from '../sources/pages.ts'
import type { Source } from '../sources/sources.ts'
import type { SitemapToRead } from '../sources/tables.ts'
import type { Frontier } from './frontier.ts'
import { explain, PageProblem } from './page-problem.ts'
import { ReadProblem } from './read-problem.ts'
import type { Reader } from './reader.ts'
import type { RobotsFiles } from './robots-files.ts'
import type { Sitemap } from './sitemap.ts'

export interface SitemapWalk {
  ports: { db: Db; egress: Egress; reader: Reader }
  ref: SyncRef
  source: Source
  robots: RobotsFiles
  frontier: Frontier
  signal: AbortSignal
}

export interface WalkResult {
  sitemaps: SitemapToRead[]
  isComplete: boolean
  /** What is wrong with them, in whole sentences. */
  reasons: string[]
  /** Why one waits for another try. */
  waitsFor: string | null
}

const limits = { maxBytes: 50_000_000, totalMs: 60_000 }
/** An index, its indexes, their sitemaps. */
const maxDepth = 2
const maxSitemaps = 500

/** The sitemaps that robots.txt of the source's site names. */
export async function sitemapsOfSite({ source, robots, signal }: SitemapWalk): Promise<SitemapToRead[]> {
  const { sitemaps } = await robots.of(source.url ?? '', signal)
  const addresses = sitemaps.map((address) => normaliseAddress(address, source.url ?? ''))
  return [...new Set(addresses)]
    .filter((url) => url !== null)
    .slice(0, 20)
    .map(unread(0))
}

/** Reads on until all are read, the source is full, or `mayGoOn` says no. */
export async function readSitemaps(
  walk: SitemapWalk,
  listed: readonly SitemapToRead[],
  mayGoOn: () => boolean,
): Promise<WalkResult> {
  const sitemaps = listed.map((one) => ({ ...one }))
  const result: WalkResult = { sitemaps, isComplete: true, reasons: [], waitsFor: null }
  for (let next = nextOf(sitemaps); next && mayGoOn() && !walk.frontier.isFull(); next = nextOf(sitemaps)) {
    try {
      const sitemap = await fetchSitemap(walk, next.url)
      if (sitemap.kind === 'sitemaps') addSitemaps(result, sitemap, next.depth)
      else await listEntries(walk, sitemap)
      if (sitemap.isCut) fail(result, next.url, 'It breaks off, or is longer than a sitemap may be.')
      if (sitemap.foreign > 0) result.reasons.push(`${sitemap.foreign} addresses of other sites were left out.`)
    } catch (error) {
      walk.signal.throwIfAborted()
      const further = sitemaps.length === 1 && error instanceof ReadProblem ? await insteadOf(walk, next.url) : []
      const { mayPass, reason } = explain(error)
      if (mayPass) {
        result.waitsFor = reason
        return result
      }
      if (further.length > 0) sitemaps.push(...further)
      else fail(result, next.url, reason)
    }
    next.isRead = true
  }
  if (walk.frontier.isFull()) for (const one of sitemaps) one.isRead = true
  if (walk.source.kind === 'sitemap' && walk.frontier.isEmpty() && !nextOf(sitemaps)) {
    // Otherwise a moment's fault would take all that was read away.
    result.isComplete = false
    if (result.reasons.length === 0) result.reasons.push('The sitemap names no page of this site.')
  }
  return result
}

function nextOf(sitemaps: SitemapToRead[]): SitemapToRead | undefined {
  return sitemaps.find(({ isRead }) => !isRead)
}

function unread(depth: number): (url: string) => SitemapToRead {
  return (url) => ({ url, depth, isRead: false })
}

function fail(result: WalkResult, url: string, reason: string): void {
  result.isComplete = false
  result.reasons.push(`The sitemap ${url} could not be read. ${reason}`)
}

async function fetchSitemap({ ports, source, robots, signal }: SitemapWalk, url: string): Promise<Sitemap> {
  const { delayMs, isAllowed } = await robots.of(url, signal)
  if (!isAllowed(url)) throw new PageProblem('robots')
  const accept = 'application/xml, text/xml, application/gzip, */*;q=0.1'
  const { body } = await politeFetch(ports.egress, url, {
    signal,
    accept,
    delayMs,
    limits,
    takesPart: true,
  })
  return ports.reader.sitemap(body, source.url ?? '')
}

function addSitemaps({ sitemaps, reasons }: WalkResult, { entries }: Sitemap, depth: number): void {
  const known = new Set(sitemaps.map(({ url }) => url))
  const further = entries.map(({ address }) => address).filter((address) => !known.has(address))
  if (depth >= maxDepth) reasons.push('Sitemaps are followed two levels deep.')
  else sitemaps.push(...[...new Set(further)].slice(0, maxSitemaps - sitemaps.length).map(unread(depth + 1)))
}

/** What has not changed since it was read is not asked for again. */
async function listEntries({ ports, ref, frontier, source }: SitemapWalk, { entries }: Sitemap): Promise<void> {
  const depth = source.kind === 'website' ? 1 : 0
  for (let at = 0; at < entries.length && !frontier.isFull(); at += 500) {
    const some = entries.slice(at, at + 500)
    const dated = some.flatMap(({ address, lastModified }) =>
      lastModified === null ? [] : [{ address, lastModified }],
    )
    const wanted = dated.filter(({ address }) => frontier.isWanted(address))
    const same = await listUnchanged(ports.db, ref, wanted)
    frontier.note(same.map(({ address }) => address))
    if (source.kind !== 'website') continue
    for (const { links } of same) await frontier.add(links ?? [], depth + 1)
  }
  await frontier.add(
    entries.map(({ address }) => address),
    depth,
  )
}

/** An address that is no sitemap may be a site, whose robots.txt names them; else they have a usual name. */
async function insteadOf(walk: SitemapWalk, url: string): Promise<SitemapToRead[]> {
  const named = await sitemapsOfSite(walk).catch((error: unknown) => {
    if (error instanceof FetchProblem) return []
    throw error
  })
  const usual = unread(0)(new URL('/sitemap.xml', url).href)
  return (named.length > 0 ? named : [usual]).filter((one) => one.url !== url)
}

/** One slice of a sync: for some seconds sitemaps and pages are read, several pages at a time; then the next job goes on. */
import { sql } from 'drizzle-orm'
import { isDatabaseDown } from '../platform/db/db.ts'
import type { PageId } from '../platform/id.ts'
import { FetchProblem } from '../platform/safe-fetch.ts'
import { claimPage, maxTries, type Page, settlePage } from '../sources/pages.ts'
import { beginSlice, endSlice } from '../sources/slices.ts'
import type { IngestSource, Sync } from '../sources/sources.ts'
import { openFrontier } from './frontier.ts'
import { explain } from './page-problem.ts'
import type { IngestPorts } from './ports.ts'
import { type PageReading, readPage, Superseded } from './read-page.ts'
import { robotsFiles } from './robots-files.ts'
import { readSitemaps, sitemapsOfSite, type WalkResult } from './sitemaps.ts'

const sliceMs = 10_000
/** While some wait for their site, others are cut and embedded. */
const pagesAtOnce = 4
/** After so many in a row that failed for what may pass, all wait. */
const failuresToStall = 5
/** A wait that is longer is not worth a worker's time. */
const maxWaitMs = 1_000

/** Throws the signal's reason when it is aborted, and what the database throws. */
export async function readSlice(ports: IngestPorts, job: IngestSource, signal: AbortSignal): Promise<void> {
  const begun = await beginSlice(ports, job)
  if (!begun) return
  const { source, sync } = begun
  const began = ports.clock.monotonicMs()
  const mayGoOn = () => ports.clock.monotonicMs() - began < sliceMs
  const robots = robotsFiles(ports.egress, ports.robotsCache, job.syncId)
  const frontier = await openFrontier(ports, job, source, robots, sync.overCap)
  const reading: PageReading = {
    ports,
    ref: job,
    source,
    robots,
    frontier,
    signal,
    underWay: new Map(),
    scanned: new Set(),
  }

  const walked = await walkSitemaps(reading, sync, mayGoOn)
  signal.throwIfAborted()
  const pages = await readPages(reading, job, mayGoOn)
  signal.throwIfAborted()
  await endSlice(ports, job, {
    sitemaps: walked.sitemaps,
    overCap: frontier.overCap(),
    isComplete: sync.isComplete && walked.isComplete && !pages.hasLostRoot,
    reason: [...new Set([sync.reason, ...walked.reasons])].filter(Boolean).join(' ') || null,
    waitsFor: pages.read === 0 ? (pages.waitsFor ?? walked.waitsFor) : null,
    bytes: pages.bytes,
    afterMs: pages.afterMs,
    workedMs: Math.round(ports.clock.monotonicMs() - began),
  })
}

/** What a website's robots.txt names is found out in the first slice. */
async function walkSitemaps(reading: PageReading, sync: Sync, mayGoOn: () => boolean): Promise<WalkResult> {
  if (reading.source.kind !== 'website' || sync.slice > 0) return readSitemaps(reading, sync.sitemaps, mayGoOn)
  try {
    return await readSitemaps(reading, await sitemapsOfSite(reading), mayGoOn)
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error
    // Pages that only a sitemap names would seem to be gone.
    return { sitemaps: [], isComplete: false, reasons: [], waitsFor: null }
  }
}

interface PagesRead {
  read: number
  bytes: number
  /** The first page of a website could not be read, so nobody knows what else there is. */
  hasLostRoot: boolean
  /** Why pages wait for another try. */
  waitsFor: string | null
  afterMs: number
}

async function readPages(reading: PageReading, job: IngestSource, mayGoOn: () => boolean): Promise<PagesRead> {
  const { ports, source, signal } = reading
  const host = URL.parse(source.url ?? '')?.host ?? ''
  const underWay = new Map<PageId, Promise<void>>()
  const result: PagesRead = { read: 0, bytes: 0, hasLostRoot: false, waitsFor: null, afterMs: 0 }
  let failures = 0
  let fatal: unknown = null

  async function readOne(page: Page): Promise<void> {
    try {
      result.bytes += await readPage(reading, page)
      failures = 0
      result.read++
    } catch (error) {
      const waitsFor = await settleFailure(reading, page, error)
      if (waitsFor === null) {
        failures = 0
        result.read++
        const isRoot = source.kind === 'website' && page.depth === 0
        if (isRoot && !reading.scanned.has(page.id)) result.hasLostRoot = true
      } else {
        failures++
        result.waitsFor = waitsFor
      }
    } finally {
      underWay.delete(page.id)
    }
  }

  while (mayGoOn() && !signal.aborted && failures < failuresToStall && fatal === null) {
    const waitMs = ports.egress.gate.waitMs(host)
    const mayBegin = waitMs <= maxWaitMs && underWay.size < pagesAtOnce
    const page = mayBegin ? await claimPage(ports.db, job, [...underWay.keys()]) : null
    if (page) {
      const reading = readOne(page).catch((error: unknown) => {
        fatal ??= error
      })
      underWay.set(page.id, reading)
    } else if (underWay.size > 0) await Promise.race(underWay.values())
    else {
      result.afterMs = waitMs
      break
    }
  }
  await Promise.all(underWay.values())
  if (fatal !== null) throw fatal
  return result
}

/** Seconds until a page is tried again, by how often it was. */
const retrySeconds = [5, 20, 60, 300]
const maxRetryAfterMs = 600_000

/** Stores why a page was not read; returns the reason if it is to be tried again. Throws what is no fault of the page. */
async function settleFailure(
  { ports, frontier, signal }: PageReading,
  page: Page,
  error: unknown,
): Promise<string | null> {
  if (signal.aborted) {
    await settlePage(ports.db, page, { state: 'queued', tries: page.tries - 1 })
    return null
  }
  if (error instanceof Superseded) return null
  const { state, problem, mayPass, retryAfterMs, ...said } = explain(error)
  if (problem === 'internal' && isDatabaseDown(error)) throw error
  if (problem === 'internal') ports.log.warn({ err: error, pageId: page.id }, 'a page could not be read')
  const isKept = page.contentHash !== null && state === 'failed' && problem !== 'not_found'
  const reason = isKept ? `${said.reason} What was read before still answers.` : said.reason
  // What it led to when it was read last is there still, for all that is known.
  await frontier.add(page.links ?? [], page.depth + 1)
  if (!mayPass || page.tries >= maxTries) {
    const status = error instanceof FetchProblem && error.status !== null ? { httpStatus: error.status } : {}
    await settlePage(ports.db, page, { state, problem, reason, fetchedAt: new Date(), ...status })
    return mayPass ? reason : null
  }
  const seconds = Math.max(retrySeconds[page.tries - 1] ?? 0, Math.min(maxRetryAfterMs, retryAfterMs ?? 0) / 1_000)
  const notBefore = sql`now() + make_interval(secs => ${seconds})`
  await settlePage(ports.db, page, { state: 'queued', reason, notBefore })
  return reason
}

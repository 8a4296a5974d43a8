/** A sync's work is cut into slices, a job each, so that no job is long, none is lost, and tenants take turns. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { plans } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { workspaces } from '../workspaces/tables.ts'
import { maxTries, ofSource, type SyncRef } from './pages.ts'
import { endSync } from './sync-end.ts'
import { type IngestSource, ingestSource, isSource, isSync, lockSource, type Source, type Sync } from './sync-rows.ts'
import { pages, type SitemapToRead, sources, syncs } from './tables.ts'

/**
 * Begins a slice, or begins it again after a crash; null when the job is a leftover. Pages that were begun too often, each
 * time to the end of a process, have failed.
 */
export async function beginSlice(
  { db }: { db: Db },
  job: IngestSource,
): Promise<{ source: Source; sync: Sync } | null> {
  return db.transaction(async (tx) => {
    const source = await lockSource(tx, job)
    const [sync] = await tx
      .update(syncs)
      .set({ state: 'running' })
      .where(
        and(
          isSync(job),
          isNull(syncs.endedAt),
          eq(syncs.slice, job.slice),
          inArray(syncs.state, ['queued', 'running']),
        ),
      )
      .returning()
    if (!source || !sync) return null
    await tx.update(sources).set({ state: 'running' }).where(isSource(job))
    await tx
      .update(pages)
      .set({ state: 'failed', problem: 'broken_off', reason: 'Reading it was broken off each time.' })
      .where(
        and(
          ofSource(job),
          eq(pages.syncId, job.syncId),
          inArray(pages.state, ['queued', 'fetched']),
          sql`tries >= ${maxTries}`,
        ),
      )
    await tx
      .update(pages)
      .set({ state: 'queued' })
      .where(and(ofSource(job), eq(pages.syncId, job.syncId), eq(pages.state, 'fetched')))
    return { source, sync }
  })
}

export interface SliceResult {
  workedMs: number
  bytes: number
  sitemaps: SitemapToRead[]
  isComplete: boolean
  overCap: number
  /** What is wrong with the source as a whole. */
  reason: string | null
  /** Why nothing was read, where there was something to read: the site or the embedding model does not answer. */
  waitsFor: string | null
  /** Wait so long before the next slice. */
  afterMs: number
}

/** After so many slices in which nothing answered the rest is given up. */
const maxStalls = 5

/** Ends a slice and enqueues the next one, or ends the sync. Does nothing when it was paused or called off meanwhile. */
export async function endSlice({ db }: { db: Db }, job: IngestSource, result: SliceResult): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await lockSource(tx, job))) return
    const { waitsFor, afterMs, workedMs, bytes, ...values } = result
    const [sync] = await tx
      .update(syncs)
      .set({
        ...values,
        stalls: waitsFor === null ? 0 : sql`${syncs.stalls} + 1`,
        workedMs: sql`${syncs.workedMs} + ${workedMs}`,
        bytes: sql`${syncs.bytes} + ${bytes}`,
      })
      .where(and(isSync(job), isNull(syncs.endedAt), eq(syncs.slice, job.slice)))
      .returning()
    if (sync?.state !== 'running') return
    const wait = await waitForNext(tx, job)
    if (wait === null && sync.sitemaps.every(({ isRead }) => isRead))
      return await endSync(tx, job, 'ready', sync.reason)
    const isTooMuch = sync.workedMs > maxWorkedMs || sync.bytes > maxBytes
    if (isTooMuch || sync.stalls >= maxStalls) {
      await tx.update(syncs).set({ isComplete: false }).where(isSync(job))
      const why = isTooMuch ? 'It takes more time or data than a source may.' : waitsFor
      return await endSync(tx, job, 'ready', [sync.reason, why].filter(Boolean).join(' '))
    }
    const next = { ...job, slice: job.slice + 1 }
    await tx.update(syncs).set({ slice: next.slice }).where(isSync(job))
    await tx
      .update(sources)
      .set({ state: waitsFor === null ? 'running' : 'queued', reason: waitsFor })
      .where(isSource(job))
    const stalledMs = waitsFor === null ? 0 : Math.min(300_000, 15_000 * 2 ** sync.stalls)
    await enqueue(tx, ingestSource, next, { afterMs: Math.max(wait ?? 0, afterMs, stalledMs) })
  })
}

/** Of one sync, all slices together. */
const maxWorkedMs = 12 * 3_600_000
const maxBytes = 5_000_000_000

/** Milliseconds until the first queued page is due; null without one. */
async function waitForNext(tx: Db, { workspaceId, botId, sourceId, syncId }: SyncRef): Promise<number | null> {
  const { rows } = await tx.execute<{ ms: number | null }>(sql`
    select extract(epoch from min(greatest(coalesce(not_before, now()), now())) - now())::float8 * 1000 as ms from pages
    where workspace_id = ${workspaceId} and bot_id = ${botId} and source_id = ${sourceId} and sync_id = ${syncId}
      and state = 'queued'`)
  return rows[0]?.ms ?? null
}

/** After the last try of its job: what was not read has failed. */
export async function giveUpSync({ db }: { db: Db }, job: IngestSource): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await lockSource(tx, job))) return
    const [sync] = await tx
      .update(syncs)
      .set({ isComplete: false })
      .where(and(isSync(job), isNull(syncs.endedAt), eq(syncs.slice, job.slice)))
      .returning()
    if (sync) await endSync(tx, job, 'failed', 'Reading it was broken off each time.')
  })
}

/** How many pages the source may have, by its bot's plan and its own settings. */
export async function pageCap({ db }: { db: Db }, { workspaceId, botId, id, settings }: Source): Promise<number> {
  const [workspace] = await db.select().from(workspaces).where(eq(workspaces.id, workspaceId))
  const { rows } = await db.execute<{ n: number }>(sql`
    select count(*) as n from pages where workspace_id = ${workspaceId} and bot_id = ${botId}
      and source_id <> ${id} and content_hash is not null`)
  const ofPlan = plans[workspace?.plan ?? 'free'].pagesPerBot ?? Number.POSITIVE_INFINITY
  return Math.max(0, Math.min(ofPlan - (rows[0]?.n ?? 0), settings.maxPages ?? Number.POSITIVE_INFINITY))
}

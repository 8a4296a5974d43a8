/** A sync is one run through a source: begun on demand or by the clock, paused, called off, and kept to be looked at. */
import { and, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { newId, type PageId, type SyncId } from '../platform/id.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { normaliseAddress } from '../platform/web-address.ts'
import { listPages, ofSource, type SourceRef, type SyncRef } from './pages.ts'
import { endSync } from './sync-end.ts'
import {
  findOpenSync,
  type IngestSource,
  ingestSource,
  isSource,
  isSyncOf,
  lockSource,
  nextSyncAt,
  type Source,
  type Sync,
} from './sync-rows.ts'
import { pages, type SitemapToRead, sources, syncChanges, syncs } from './tables.ts'

/**
 * Enqueues a sync of the source, unless one is open: then that one's id. With `anew` that one is called off, since what it
 * reads is no longer what is wanted. Null when the source is gone.
 */
export async function startSync({ db }: { db: Db }, ref: SourceRef, { anew = false } = {}): Promise<SyncId | null> {
  return db.transaction(async (tx) => {
    const source = await lockSource(tx, ref)
    if (!source) return null
    await tx
      .update(sources)
      .set({ nextSyncAt: nextSyncAt(source.schedule) })
      .where(isSource(ref))
    const open = await findOpenSync({ db: tx }, ref)
    if (open && !anew) return open.id
    if (open) await endSync(tx, { ...ref, syncId: open.id }, 'superseded', null)
    const syncId = newId<SyncId>()
    const sitemaps: SitemapToRead[] =
      source.kind === 'sitemap' ? [{ url: source.url ?? '', depth: 0, isRead: false }] : []
    await tx.insert(syncs).values({ ...ref, id: syncId, sitemaps })
    await seedQueue(tx, { ...ref, syncId }, source)
    await tx.update(sources).set({ state: 'queued', reason: null }).where(isSource(ref))
    await enqueue(tx, ingestSource, { ...ref, syncId, slice: 0 } satisfies IngestSource)
    return syncId
  })
}

/** A website begins at its address; a source of one page is that page, whatever address it has had. */
async function seedQueue(tx: Db, ref: SyncRef, { kind, url }: Source): Promise<void> {
  if (kind === 'sitemap') return
  const address = kind === 'url' || kind === 'website' ? (normaliseAddress(url ?? '') ?? url) : null
  if (kind === 'website') return void (await listPages(tx, ref, [{ address: address ?? '', depth: 0 }]))
  const { syncId, ...source } = ref
  const queued = { address, syncId, state: 'queued', problem: null, reason: null, tries: 0, notBefore: null } as const
  const { rowCount } = await tx.update(pages).set(queued).where(ofSource(ref))
  if (!rowCount) await tx.insert(pages).values({ ...source, ...queued, id: newId<PageId>(), url })
}

/** Throws `sync_not_running` when no sync of the source is open. */
export async function pauseSync({ db }: { db: Db }, ref: SourceRef): Promise<void> {
  await db.transaction(async (tx) => {
    await lockSource(tx, ref)
    await changeOpen(tx, ref, ['queued', 'running', 'paused'], { state: 'paused' })
    await tx.update(sources).set({ state: 'paused' }).where(isSource(ref))
  })
}

/** Goes on where it was paused. Throws `sync_not_running` when no sync of the source is open. */
export async function resumeSync({ db }: { db: Db }, ref: SourceRef): Promise<void> {
  await db.transaction(async (tx) => {
    await lockSource(tx, ref)
    const open = await findOpenSync({ db: tx }, ref)
    if (open && open.state !== 'paused') return
    // What its last slice still has under way ends with that slice.
    const { id, slice } = await changeOpen(tx, ref, ['paused'], { state: 'queued', slice: sql`${syncs.slice} + 1` })
    await tx.update(sources).set({ state: 'queued' }).where(isSource(ref))
    await enqueue(tx, ingestSource, { ...ref, syncId: id, slice } satisfies IngestSource)
  })
}

/** What was read stays, what was not is forgotten. Throws `sync_not_running` when no sync of the source is open. */
export async function cancelSync({ db }: { db: Db }, ref: SourceRef): Promise<void> {
  await db.transaction(async (tx) => {
    await lockSource(tx, ref)
    const open = await findOpenSync({ db: tx }, ref)
    if (!open) throw fail('sync_not_running')
    await endSync(tx, { ...ref, syncId: open.id }, 'cancelled', null)
  })
}

type SyncChange = Pick<typeof syncs.$inferInsert, 'state'> & { slice?: SQL }

async function changeOpen(tx: Db, ref: SourceRef, from: Sync['state'][], values: SyncChange): Promise<Sync> {
  const [sync] = await tx
    .update(syncs)
    .set(values)
    .where(and(isSyncOf(ref), isNull(syncs.endedAt), inArray(syncs.state, from)))
    .returning()
  if (!sync) throw fail('sync_not_running')
  return sync
}

/** At most so many begin at once. */
const maxDue = 50

/** Begins the syncs whose time has come; several processes that do so at the same time begin each once. */
export async function startDueSyncs({ db }: { db: Db }): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute<Record<string, unknown> & SourceRef>(sql`
      select s.workspace_id as "workspaceId", s.bot_id as "botId", s.id as "sourceId" from sources s
      join workspaces w on w.id = s.workspace_id and w.suspended_at is null
      where s.next_sync_at <= now() order by s.next_sync_at limit ${maxDue} for no key update of s skip locked`)
    for (const { workspaceId, botId, sourceId } of rows) await startSync({ db: tx }, { workspaceId, botId, sourceId })
  })
}

export interface SyncReport extends Omit<Sync, 'sitemaps'> {
  changes: (typeof syncChanges.$inferSelect)[]
}

/** Of each sync so many changes are told. */
const maxChanges = 200

/** The syncs of a source, newest first, with what they changed. */
export async function listSyncs({ db }: { db: Db }, ref: SourceRef): Promise<SyncReport[]> {
  const rows = await db.select().from(syncs).where(isSyncOf(ref)).orderBy(desc(syncs.startedAt))
  const reports: SyncReport[] = []
  for (const { sitemaps: _, ...sync } of rows) {
    const changes = await db
      .select()
      .from(syncChanges)
      .where(
        and(
          eq(syncChanges.workspaceId, ref.workspaceId),
          eq(syncChanges.botId, ref.botId),
          eq(syncChanges.sourceId, ref.sourceId),
          eq(syncChanges.syncId, sync.id),
        ),
      )
      .orderBy(syncChanges.url, syncChanges.pageId)
      .limit(maxChanges)
    reports.push({ ...sync, changes })
  }
  return reports
}

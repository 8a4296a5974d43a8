/** How a sync ends: what it changed is counted, what is no longer there leaves the index. */
import { and, desc, eq, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { removePages } from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { countPages, noPages, ofSource, type SyncRef } from './pages.ts'
import { type BotJob, calibrateBot, isSource, isSync, isSyncOf, type Source, type Sync } from './sync-rows.ts'
import { pages, sources, syncs } from './tables.ts'

/** Syncs of a source that are kept to be looked at. */
const keptSyncs = 20

/** Nothing answers from these: the site has taken them away, or does not want them to be read, or shows them elsewhere. */
const goneProblems = ['not_found', 'robots', 'noindex', 'duplicate', 'other_site', 'over_cap']

/** `superseded`: called off, since another one begins. */
type SyncEnd = 'ready' | 'failed' | 'cancelled' | 'superseded'

/**
 * Ends the sync; the caller holds the source's lock. When all that there is was looked at, what is no longer there leaves
 * the index, in this one transaction.
 */
export async function endSync(tx: Db, ref: SyncRef, end: SyncEnd, reason: string | null): Promise<void> {
  const isCalledOff = end === 'cancelled' || end === 'superseded'
  await (isCalledOff ? forgetRest(tx, ref) : giveUpRest(tx, ref, reason))
  const [sync] = await tx.select().from(syncs).where(isSync(ref))
  if (end === 'ready' && sync?.isComplete) await removeGone(tx, ref)

  const changes = await countChanges(tx, ref)
  const { unchanged, skipped, failed } = (await countPages(tx, ref)).get(ref.sourceId) ?? noPages
  const outcome = isCalledOff ? { state: 'cancelled' as const, reason } : await outcomeOf(tx, ref, sync, reason)
  await tx
    .update(syncs)
    .set({ ...changes, unchanged, skipped, failed, ...outcome, endedAt: sql`now()` })
    .where(isSync(ref))
  await tx
    .update(sources)
    .set({ ...outcome, ...(outcome.state === 'ready' && { syncedAt: sql`now()` }) })
    .where(isSource(ref))
  await forgetSyncs(tx, ref)
  if (end === 'superseded') return
  await enqueue(tx, calibrateBot, { workspaceId: ref.workspaceId, botId: ref.botId } satisfies BotJob)
}

function restOf(ref: SyncRef): SQL | undefined {
  return and(ofSource(ref), eq(pages.syncId, ref.syncId), inArray(pages.state, ['queued', 'fetched']))
}

/** Pages that were still to be read: with text from before they are as they were, without any they were never there. */
async function forgetRest(tx: Db, ref: SyncRef): Promise<void> {
  await tx.delete(pages).where(and(restOf(ref), isNull(pages.contentHash)))
  await tx.update(pages).set({ state: 'indexed', reason: null }).where(restOf(ref))
}

async function giveUpRest(tx: Db, ref: SyncRef, why: string | null): Promise<void> {
  const reason = sql`coalesce(${pages.reason}, ${why ?? 'Reading it was broken off.'})`
  await tx.update(pages).set({ state: 'failed', problem: 'broken_off', reason }).where(restOf(ref))
}

async function removeGone(tx: Db, ref: SyncRef): Promise<void> {
  const { workspaceId, botId, sourceId, syncId } = ref
  const isUnlisted = or(isNull(pages.syncId), ne(pages.syncId, syncId))
  const gone = await tx
    .select({ pageId: pages.id, url: pages.url, title: pages.title, contentHash: pages.contentHash })
    .from(pages)
    .where(and(ofSource(ref), or(isUnlisted, inArray(pages.problem, goneProblems))))
  const answering = gone.filter(({ contentHash }) => contentHash !== null)
  await removePages(
    { db: tx },
    workspaceId,
    botId,
    answering.map(({ pageId }) => pageId),
  )
  await tx.execute(sql`
    insert into sync_changes (workspace_id, bot_id, source_id, sync_id, page_id, change, url, title)
    select ${workspaceId}::uuid, ${botId}::uuid, ${sourceId}::uuid, ${syncId}::uuid, id, 'removed', url, title
    from pages where ${ofSource(ref)} and id = any(${sql.param(answering.map(({ pageId }) => pageId))})
    on conflict do nothing`)
  await tx.delete(pages).where(and(ofSource(ref), isUnlisted))
  await tx
    .update(pages)
    .set({ markdown: null, contentHash: null, etag: null, lastModified: null, links: null })
    .where(and(ofSource(ref), inArray(pages.problem, goneProblems)))
}

async function countChanges(tx: Db, { workspaceId, botId, sourceId, syncId }: SyncRef) {
  const { rows } = await tx.execute<{ change: 'added' | 'changed' | 'removed'; n: number }>(sql`
    select change, count(*) as n from sync_changes
    where workspace_id = ${workspaceId} and bot_id = ${botId} and source_id = ${sourceId} and sync_id = ${syncId}
    group by change`)
  const counts = { added: 0, changed: 0, removed: 0 }
  for (const { change, n } of rows) counts[change] = n
  return counts
}

/** A source that answers from anything is ready, also if not all of it could be read; but not a website that could not be entered. */
async function outcomeOf(
  tx: Db,
  ref: SyncRef,
  { overCap = 0, isComplete = true }: Partial<Sync> = {},
  reason: string | null,
): Promise<Pick<Source, 'state' | 'reason'>> {
  const [source] = await tx.select({ kind: sources.kind }).from(sources).where(isSource(ref))
  const [root] = await tx
    .select({ state: pages.state, reason: pages.reason })
    .from(pages)
    .where(
      and(ofSource(ref), eq(pages.syncId, ref.syncId), eq(pages.depth, 0), inArray(pages.state, ['failed', 'skipped'])),
    )
    .limit(1)
  const isCrawl = source?.kind === 'website' || source?.kind === 'sitemap'
  if (!isCrawl) return root ? { state: 'failed', reason: root.reason } : { state: 'ready', reason: null }
  if (root && !isComplete && source?.kind === 'website') return { state: 'failed', reason: reason ?? root.reason }
  const { rows } = await tx.execute(sql`select from pages where ${ofSource(ref)} and content_hash is not null limit 1`)
  if (rows.length === 0) return { state: 'failed', reason: reason ?? root?.reason ?? 'No page of it could be read.' }
  if (overCap === 0) return { state: 'ready', reason }
  const left = `${overCap.toLocaleString('en')} ${overCap === 1 ? 'page was' : 'pages were'} left out, over the cap of the plan or of the source.`
  return { state: 'ready', reason: reason === null ? left : `${reason} ${left}` }
}

async function forgetSyncs(tx: Db, ref: SyncRef): Promise<void> {
  const kept = tx
    .select({ id: syncs.id })
    .from(syncs)
    .where(isSyncOf(ref))
    .orderBy(desc(syncs.startedAt))
    .limit(keptSyncs)
  await tx.delete(syncs).where(and(isSyncOf(ref), sql`${syncs.id} not in ${kept}`))
}

/** Sources owns where a bot's knowledge comes from, and what became of each page of it. */
import { isDeepStrictEqual } from 'node:util'
import { and, asc, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm'
import { bots } from '../bots/tables.ts'
import { removePages } from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { microsOf, timeOfMicros } from '../platform/db/micros.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../platform/id.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { type CheckedDraft, checkDraft, checkSettings, type SourceDraft } from './drafts.ts'
import { countPages, findPage, noPages, ofSource, type PageCounts, type SourceRef } from './pages.ts'
import { type BotJob, calibrateBot, isBot, isSource, lockSource, nextSyncAt, type Source } from './sync-rows.ts'
import { startSync } from './syncs.ts'
import { pages, type Schedule, type SourceSettings, sources } from './tables.ts'

export { readSettings, type SourceDraft } from './drafts.ts'
export { type FilePorts, readKeptFile } from './files.ts'
export type { SourceRef } from './pages.ts'
export {
  type BotJob,
  calibrateBot,
  type IngestSource,
  ingestSource,
  keepBotVectorIndex,
  type Source,
  type Sync,
} from './sync-rows.ts'

/** As an owner sees it. */
export interface SourceReport extends Omit<Source, 'content'> {
  /** The owner's own, to a question; null of all other kinds. */
  answer: string | null
  pages: PageCounts
}

/** More than any plan has pages. */
const maxSources = 1_000_000

const { content: _, ...columns } = getTableColumns(sources)
const reportColumns = {
  ...columns,
  answer: sql<string | null>`case when ${sources.kind} = 'qa' then ${sources.content} end`,
}

/**
 * Adds a source and enqueues its ingestion. What is there already (the same address; for texts and questions the same title,
 * where they have no address; for what has neither the same content) is brought up to date instead, and left alone if
 * nothing about it is new. Throws `invalid_request` as `checkDraft` does.
 */
export async function addSource(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  draft: SourceDraft,
): Promise<SourceId> {
  const checked = checkDraft(draft)
  return db.transaction(async (tx) => {
    // Two that add the same at the same time would both find nothing and both make it.
    await tx
      .select({ id: bots.id })
      .from(bots)
      .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId)))
      .for('no key update')
    const known = await findSame(tx, { workspaceId, botId }, checked)
    if (known && isEqual(known, checked) && known.state !== 'failed' && known.state !== 'cancelled') return known.id
    const ref = { workspaceId, botId, sourceId: known?.id ?? newId<SourceId>() }
    if (known) await tx.update(sources).set(checked).where(isSource(ref))
    else await tx.insert(sources).values({ workspaceId, botId, id: ref.sourceId, ...checked })
    await startSync({ db: tx }, ref, { anew: true })
    return ref.sourceId
  })
}

/** A file takes the place of the one of the same name. */
async function findSame(
  tx: Db,
  bot: BotJob,
  { kind, url, title, content, file }: CheckedDraft,
): Promise<Source | null> {
  const same = file
    ? eq(sql`${sources.file}->>'name'`, file.name)
    : url !== null && kind !== 'qa'
      ? eq(sources.url, url)
      : title !== null
        ? eq(sources.title, title)
        : and(isNull(sources.title), eq(sources.content, content ?? ''))
  const [known] = await tx
    .select()
    .from(sources)
    .where(and(isBot(bot), eq(sources.kind, kind), same))
    .limit(1)
  return known ?? null
}

function isEqual(known: Source, { title, url, content, settings, file }: CheckedDraft): boolean {
  const { title: t, url: u, content: c, settings: s, file: f } = known
  return isDeepStrictEqual([t, u, c, s, f?.id], [title, url, content, settings, file?.id])
}

/** Where a page of the list ended; times of the database have microseconds, which a Date has not. */
export interface SourcePlace {
  createdUs: number
  id: SourceId
}

/** The bot's sources, newest first: all of them, or `limit` after a place. */
export async function listSources(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  { limit, after }: { limit?: number | undefined; after?: SourcePlace | undefined } = {},
): Promise<(SourceReport & { createdUs: number })[]> {
  const created = timeOfMicros(after?.createdUs ?? 0)
  const isAfter =
    after &&
    sql`(${sources.createdAt} < ${created} or (${sources.createdAt} = ${created} and ${sources.id} > ${after.id}))`
  const rows = await db
    .select({ ...reportColumns, createdUs: microsOf(sources.createdAt) })
    .from(sources)
    .where(and(isBot({ workspaceId, botId }), isAfter))
    .orderBy(desc(sources.createdAt), asc(sources.id))
    .limit(limit ?? maxSources)
  const counts = await countPages(db, { workspaceId, botId })
  return rows.map((source) => ({ ...source, pages: counts.get(source.id) ?? noPages }))
}

/** `isLocked`: nobody else changes it until the transaction is over. */
export async function findSource(
  { db }: { db: Db },
  ref: SourceRef,
  { isLocked = false } = {},
): Promise<SourceReport | null> {
  const query = db.select(reportColumns).from(sources).where(isSource(ref))
  const [source] = await (isLocked ? query.for('update') : query)
  return source ? { ...source, pages: (await countPages(db, ref)).get(ref.sourceId) ?? noPages } : null
}

/** What holds from the next sync on. Throws `invalid_request` as `checkSettings` does. */
export async function changeSource(
  { db }: { db: Db },
  ref: SourceRef,
  { schedule, settings }: { schedule?: Schedule | undefined; settings?: SourceSettings | undefined },
): Promise<void> {
  await db
    .update(sources)
    .set({
      ...(schedule && { schedule, nextSyncAt: nextSyncAt(schedule) }),
      ...(settings && { settings: checkSettings(settings) }),
    })
    .where(isSource(ref))
}

/** Takes the source and all that was learnt from it away, also while it is being read. Unknown: nothing. */
export async function removeSource(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  sourceId: SourceId,
): Promise<void> {
  const ref = { workspaceId, botId, sourceId }
  await db.transaction(async (tx) => {
    const gone = await tx.select({ id: pages.id }).from(pages).where(ofSource(ref))
    await removePages(
      { db: tx },
      workspaceId,
      botId,
      gone.map(({ id }) => id),
    )
    await tx.delete(sources).where(isSource(ref))
    await enqueue(tx, calibrateBot, { workspaceId, botId } satisfies BotJob)
  })
}

/** Takes a page away for good: a website or a sitemap does not bring it back. Unknown: nothing. */
export async function removePageOf({ db }: { db: Db }, ref: SourceRef, pageId: PageId): Promise<void> {
  const { workspaceId, botId } = ref
  await db.transaction(async (tx) => {
    const source = await lockSource(tx, ref)
    const page = await findPage({ db: tx }, ref, pageId)
    if (!source || !page) return
    await removePages({ db: tx }, workspaceId, botId, [pageId])
    await tx.delete(pages).where(and(ofSource(ref), eq(pages.id, pageId)))
    if (page.address !== null && source.kind !== 'url') {
      const { pathname, search } = new URL(page.address)
      const exclude = [...(source.settings.exclude ?? []), pathname + search]
      await tx
        .update(sources)
        .set({ settings: checkSettings({ ...source.settings, exclude }) })
        .where(isSource(ref))
    }
    await enqueue(tx, calibrateBot, { workspaceId, botId } satisfies BotJob)
  })
}

/** Whether a source of the bot waits to be read for the first time since it was added or changed. */
export async function isReading({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from sources where workspace_id = ${workspaceId} and bot_id = ${botId}
      and state in ('queued', 'running') and reason is null limit 1`)
  return rows.length > 0
}

/** Takes away what deleted bots have learnt. */
export async function removeSourcesOfDeletedBots({ db }: { db: Db }): Promise<void> {
  const found = await db
    .select({ workspaceId: sources.workspaceId, botId: sources.botId, sourceId: sources.id })
    .from(sources)
    .innerJoin(bots, and(eq(bots.workspaceId, sources.workspaceId), eq(bots.id, sources.botId)))
    .where(sql`${bots.deletedAt} is not null`)
    .limit(100)
  for (const { workspaceId, botId, sourceId } of found) await removeSource({ db }, workspaceId, botId, sourceId)
}

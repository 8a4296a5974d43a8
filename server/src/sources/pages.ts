/** The pages of a source: the queue of its sync, what became of each, and the text that was taken from it. */
import { and, asc, eq, getTableColumns, gt, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import type { Db } from '../platform/db/db.ts'
import type { BotId, PageId, SourceId, SyncId, WorkspaceId } from '../platform/id.ts'
import { type PageState, pages, type SourceKind, sources, syncChanges } from './tables.ts'

export type Page = typeof pages.$inferSelect
export type PageChange = Omit<PgUpdateSetSource<typeof pages>, 'workspaceId' | 'botId' | 'sourceId' | 'id' | 'syncId'>

export interface SourceRef {
  workspaceId: WorkspaceId
  botId: BotId
  sourceId: SourceId
}

export interface SyncRef extends SourceRef {
  syncId: SyncId
}

/** A page may be begun so often in one sync, crashes included. */
export const maxTries = 5

/** What a page may be left out for without having been fetched. */
export type LeftOut = 'robots' | 'over_cap' | 'other_site'

export interface Listed {
  address: string
  depth: number
}

/** Puts addresses in the sync's queue, those that it has listed already excepted. Returns how many were new to it. */
export async function listPages(db: Db, ref: SyncRef, listed: readonly Listed[]): Promise<number> {
  return upsert(db, ref, listed, sql`'queued'`, null, null)
}

/** Names addresses that are not read, with the reason. */
export async function leaveOut(
  db: Db,
  ref: SyncRef,
  listed: readonly Listed[],
  problem: LeftOut,
  reason: string,
): Promise<void> {
  await upsert(db, ref, listed, sql`'skipped'`, problem, reason)
}

async function upsert(
  db: Db,
  { workspaceId, botId, sourceId, syncId }: SyncRef,
  listed: readonly Listed[],
  state: SQL,
  problem: string | null,
  reason: string | null,
): Promise<number> {
  if (listed.length === 0) return 0
  const { rowCount } = await db.execute(sql`
    insert into pages (workspace_id, bot_id, source_id, id, address, url, depth, sync_id, state, problem, reason)
    select ${workspaceId}::uuid, ${botId}::uuid, ${sourceId}::uuid, gen_random_uuid(), address, address, depth,
      ${syncId}::uuid, ${state}, ${problem}, ${reason}
    from unnest(${sql.param(listed.map(({ address }) => address))}::text[],
      ${sql.param(listed.map(({ depth }) => depth))}::int[]) with ordinality as listed (address, depth, place)
    order by place
    on conflict (workspace_id, bot_id, source_id, address) do update
      set sync_id = excluded.sync_id, depth = excluded.depth, ordinal = excluded.ordinal, state = excluded.state,
        problem = excluded.problem, reason = excluded.reason, tries = 0, not_before = null
      where pages.sync_id is distinct from excluded.sync_id`)
  return rowCount ?? 0
}

/**
 * Of the pages that hold text read after these times (milliseconds since 1970) says that they are unchanged, and returns
 * them with their links.
 */
export async function listUnchanged(
  db: Db,
  ref: SyncRef,
  listed: readonly { address: string; lastModified: number }[],
): Promise<{ address: string; links: string[] | null }[]> {
  if (listed.length === 0) return []
  const { rows } = await db.execute<{ address: string; links: string[] | null }>(sql`
    update pages set sync_id = ${ref.syncId}, state = 'unchanged', reason = null
    from unnest(${sql.param(listed.map(({ address }) => address))}::text[],
      ${sql.param(listed.map(({ lastModified }) => lastModified / 1_000))}::float8[]) as listed (at, modified)
    where ${ofSource(ref)} and address = at and sync_id is distinct from ${ref.syncId}
      and content_hash is not null and problem is null and fetched_at >= to_timestamp(modified)
    returning address, links`)
  return rows
}

/** The sync's next page that is not among those under way, begun once more; null when none is due or the sync is not to go on. */
export async function claimPage(db: Db, ref: SyncRef & { slice: number }, underWay: PageId[]): Promise<Page | null> {
  const { workspaceId, botId, sourceId, syncId, slice } = ref
  const [page] = await db
    .update(pages)
    .set({ tries: sql`${pages.tries} + 1` })
    .where(
      and(
        ofSource(ref),
        eq(
          pages.id,
          sql`(select id from pages p where p.workspace_id = ${workspaceId} and p.bot_id = ${botId}
            and p.source_id = ${sourceId} and p.sync_id = ${syncId} and p.state = 'queued'
            and (p.not_before is null or p.not_before <= now()) and p.id <> all(${sql.param(underWay)})
            and exists (select from syncs s where s.workspace_id = p.workspace_id and s.bot_id = p.bot_id
              and s.source_id = p.source_id and s.id = p.sync_id and s.state = 'running' and s.slice = ${slice})
            order by p.depth, p.ordinal limit 1)`,
        ),
      ),
    )
    .returning()
  return page ?? null
}

/**
 * Stores what became of a page, unless another sync has taken it up or this one was called off: then false, and nothing
 * is stored. `change` is what it means for the bot's knowledge.
 */
export async function settlePage(
  db: Db,
  page: Page,
  values: PageChange,
  change: 'added' | 'changed' | null = null,
): Promise<boolean> {
  const { workspaceId, botId, sourceId, id: pageId, syncId } = page
  const [saved] = await db
    .update(pages)
    .set(values)
    .where(
      and(
        ofSource(page),
        eq(pages.id, pageId),
        syncId === null ? isNull(pages.syncId) : eq(pages.syncId, syncId),
        inArray(pages.state, ['queued', 'fetched']),
      ),
    )
    .returning({ title: pages.title, url: pages.url })
  if (!saved) return false
  if (change && syncId !== null)
    await db
      .insert(syncChanges)
      .values({ workspaceId, botId, sourceId, syncId, pageId, change, ...saved })
      .onConflictDoNothing()
  return true
}

/** Another page of the source that holds text: with this content, or at one of these addresses. */
export async function findTwin(
  db: Db,
  page: Page,
  same: { contentHash: string } | { addresses: string[] },
): Promise<Page | null> {
  const [twin] = await db
    .select()
    .from(pages)
    .where(
      and(
        ofSource(page),
        sql`${pages.id} <> ${page.id}`,
        isNotNull(pages.contentHash),
        'contentHash' in same ? eq(pages.contentHash, same.contentHash) : inArray(pages.address, same.addresses),
      ),
    )
    .limit(1)
  return twin ?? null
}

/** What the sync has listed so far. */
export async function listedAddresses(db: Db, ref: SyncRef): Promise<{ address: string; isRead: boolean }[]> {
  const { rows } = await db.execute<{ address: string; isRead: boolean }>(sql`
    select address, problem is null or problem not in ('robots', 'over_cap', 'other_site') as "isRead"
    from pages where ${ofSource(ref)} and sync_id = ${ref.syncId} and address is not null`)
  return rows
}

export interface PageFilter {
  /** The last page's `ordinal` of what was listed before. */
  after?: number
  state?: PageState
  limit: number
}

/** In the order in which they were found. */
export async function listPagesOf(
  { db }: { db: Db },
  ref: SourceRef,
  { after, state, limit }: PageFilter,
): Promise<Omit<Page, 'markdown' | 'links'>[]> {
  const { markdown: _m, links: _l, ...columns } = getTableColumns(pages)
  return db
    .select(columns)
    .from(pages)
    .where(
      and(ofSource(ref), after === undefined ? undefined : gt(pages.ordinal, after), state && eq(pages.state, state)),
    )
    .orderBy(asc(pages.ordinal))
    .limit(limit)
}

export async function findPage({ db }: { db: Db }, ref: SourceRef, pageId: PageId): Promise<Page | null> {
  const [page] = await db
    .select()
    .from(pages)
    .where(and(ofSource(ref), eq(pages.id, pageId)))
  return page ?? null
}

export type PageCounts = Record<PageState, number>

/** By source; with a sync alone what that has listed. */
export async function countPages(
  db: Db,
  { workspaceId, botId, sourceId, syncId }: Pick<SourceRef, 'workspaceId' | 'botId'> & Partial<SyncRef>,
): Promise<Map<SourceId, PageCounts>> {
  const { rows } = await db.execute<{ sourceId: SourceId; state: PageState; n: number }>(sql`
    select source_id as "sourceId", state, count(*) as n from pages
    where workspace_id = ${workspaceId} and bot_id = ${botId}
      ${sourceId ? sql`and source_id = ${sourceId}` : sql``} ${syncId ? sql`and sync_id = ${syncId}` : sql``}
    group by source_id, state`)
  const counts = new Map<SourceId, PageCounts>()
  for (const { sourceId, state, n } of rows) counts.set(sourceId, { ...(counts.get(sourceId) ?? noPages), [state]: n })
  return counts
}

export const noPages: PageCounts = { queued: 0, fetched: 0, indexed: 0, unchanged: 0, skipped: 0, failed: 0 }

/** The pages of a bot that hold text, one after the other. */
export async function* pagesWithText(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
): AsyncGenerator<Pick<Page, 'id' | 'title' | 'language'> & { kind: SourceKind; markdown: string }> {
  const ofText = and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId), isNotNull(pages.markdown))
  for (const { id } of await db.select({ id: pages.id }).from(pages).where(ofText)) {
    const { title, language, markdown } = pages
    const [page] = await db
      .select({ title, language, markdown, kind: sources.kind })
      .from(pages)
      .innerJoin(
        sources,
        and(eq(sources.workspaceId, pages.workspaceId), eq(sources.botId, pages.botId), eq(sources.id, pages.sourceId)),
      )
      .where(and(ofText, eq(pages.id, id)))
    if (page?.markdown) yield { id, ...page, markdown: page.markdown }
  }
}

export function ofSource({ workspaceId, botId, sourceId }: SourceRef): SQL | undefined {
  return and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId), eq(pages.sourceId, sourceId))
}

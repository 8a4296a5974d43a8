/** Sources owns where a bot's knowledge comes from, and what became of each page of it. */
import { and, asc, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { removePages } from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../platform/id.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { pages, sources } from './tables.ts'

export type Source = typeof sources.$inferSelect
export type Page = typeof pages.$inferSelect

/** What is given to make a source. `url` says where a text or file can be read by visitors; a path is on this server. */
export type SourceDraft =
  | { kind: 'text'; title: string; content: string; url?: string | null }
  | { kind: 'markdown'; title?: string | null; content: string; url?: string | null }
  | { kind: 'url'; url: string }

/** As an owner sees it. */
export interface SourceReport extends Omit<Source, 'content'> {
  pages: Omit<Page, 'markdown' | 'contentHash' | 'etag' | 'lastModified'>[]
}

export const ingestSource = 'ingest-source'
export const calibrateBot = 'calibrate-bot'
export const reindexBot = 'reindex-bot'
export interface IngestSource {
  workspaceId: WorkspaceId
  botId: BotId
  sourceId: SourceId
}
export type BotJob = Omit<IngestSource, 'sourceId'>

/** In UTF-16 code units. */
const maxContent = 2_000_000

/**
 * Adds a source and enqueues its ingestion. What is there already (the same address; for texts the same title, where they
 * have no address) is brought up to date instead, and left alone if nothing about it is new.
 * Throws `invalid_request` for an address that is not http or https, and for an empty or too long title or content.
 */
export async function addSource(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  draft: SourceDraft,
): Promise<SourceId> {
  const { kind, title, url, content } = checked(draft)
  return db.transaction(async (tx) => {
    const same = url === null ? eq(sources.title, title ?? '') : eq(sources.url, url)
    const [known] = await tx
      .select()
      .from(sources)
      .where(and(...ofBot(workspaceId, botId), eq(sources.kind, kind), same))
      .limit(1)
    if (known && known.content === content && known.title === title && known.state !== 'failed') return known.id
    const id = known?.id ?? newId<SourceId>()
    const values = { kind, title, url, content, state: 'queued' as const, reason: null }
    if (known)
      await tx
        .update(sources)
        .set(values)
        .where(and(...ofSource(workspaceId, botId, id)))
    else await tx.insert(sources).values({ workspaceId, botId, id, ...values })
    await enqueue(tx, ingestSource, { workspaceId, botId, sourceId: id } satisfies IngestSource)
    return id
  })
}

function checked(draft: SourceDraft) {
  if (draft.kind === 'url') return { kind: draft.kind, title: null, url: webAddress(draft.url), content: null }
  const title = clean(draft.title ?? '').trim()
  const content = clean(draft.content)
  const isTitleMissing = draft.kind === 'text' && title === ''
  if (isTitleMissing || title.length > 300 || content.trim() === '' || content.length > maxContent)
    throw fail('invalid_request')
  return {
    kind: draft.kind,
    title: title || null,
    url: draft.url ? (ownPath(draft.url) ?? webAddress(draft.url)) : null,
    content,
  }
}

/** The path of an address on this server, such as `/docs/keys`; null for all others, `//example.com` too. */
function ownPath(address: string): string | null {
  if (!address.startsWith('/')) return null
  const url = URL.parse(address, 'http://this.invalid')
  return url?.host === 'this.invalid' ? url.pathname + url.search : null
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

function webAddress(address: string): string {
  const url = URL.parse(address.trim())
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.href.length > 2_000)
    throw fail('invalid_request')
  url.hash = ''
  return url.href
}

/** The bot's sources, newest first, each with its pages. */
export async function listSources({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<SourceReport[]> {
  const rows = await db
    .select()
    .from(sources)
    .where(and(...ofBot(workspaceId, botId)))
    .orderBy(desc(sources.createdAt), asc(sources.id))
  const found = await db
    .select()
    .from(pages)
    .where(and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId)))
    .orderBy(asc(pages.url), asc(pages.id))
  return rows.map(({ content: _, ...source }) => ({
    ...source,
    pages: found
      .filter((page) => page.sourceId === source.id)
      .map(({ markdown: _m, contentHash: _h, etag: _e, lastModified: _l, ...page }) => page),
  }))
}

/** Takes the source and all that was learnt from it away, also while it is being read. Unknown: nothing. */
export async function removeSource(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  sourceId: SourceId,
): Promise<void> {
  await db.transaction(async (tx) => {
    const gone = await tx
      .select({ id: pages.id })
      .from(pages)
      .where(and(...ofPages(workspaceId, botId, sourceId)))
    const ids = gone.map(({ id }) => id)
    await removePages({ db: tx }, workspaceId, botId, ids)
    await tx.delete(sources).where(and(...ofSource(workspaceId, botId, sourceId)))
    await enqueue(tx, calibrateBot, { workspaceId, botId } satisfies BotJob)
  })
}

/** The source, marked as being read; null when it is gone. */
export async function beginSource(
  { db }: { db: Db },
  { workspaceId, botId, sourceId }: IngestSource,
): Promise<Source | null> {
  const [source] = await db
    .update(sources)
    .set({ state: 'running', reason: null })
    .where(and(...ofSource(workspaceId, botId, sourceId)))
    .returning()
  return source ?? null
}

/** Says what became of the reading. `ready` and `failed` end it; `queued` means that it is tried again. */
export async function settleSource(
  { db }: { db: Db },
  { workspaceId, botId, sourceId }: IngestSource,
  state: 'ready' | 'failed' | 'queued',
  reason: string | null,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(sources)
      .set({ state, reason, ...(state === 'ready' && { syncedAt: sql`now()` }) })
      .where(and(...ofSource(workspaceId, botId, sourceId)))
    if (state !== 'queued') await enqueue(tx, calibrateBot, { workspaceId, botId } satisfies BotJob)
  })
}

/** After the last try: the source has failed for the reason of the last one, and so have its pages that were not read. */
export async function giveUpSource({ db }: { db: Db }, job: IngestSource, fallbackReason: string): Promise<void> {
  const { workspaceId, botId, sourceId } = job
  await db.transaction(async (tx) => {
    const [source] = await tx
      .select({ reason: sources.reason })
      .from(sources)
      .where(and(...ofSource(workspaceId, botId, sourceId)))
    if (!source) return
    const reason = source.reason ?? fallbackReason
    await tx
      .update(pages)
      .set({ state: 'failed', reason })
      .where(and(...ofPages(workspaceId, botId, sourceId), inArray(pages.state, ['queued', 'fetched'])))
    await settleSource({ db: tx }, job, 'failed', reason)
  })
}

/** Whether a source of the bot waits to be read for the first time since it was added or changed. */
export async function isReading({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from sources where workspace_id = ${workspaceId} and bot_id = ${botId}
      and state in ('queued', 'running') and reason is null limit 1`)
  return rows.length > 0
}

/** The page of a source that has one only, made if it is not there yet; null when the source is gone. */
export async function pageOf({ db }: { db: Db }, { workspaceId, botId, id, url }: Source): Promise<Page | null> {
  return db.transaction(async (tx) => {
    const [source] = await tx
      .select({ id: sources.id })
      .from(sources)
      .where(and(...ofSource(workspaceId, botId, id)))
      .for('update')
    if (!source) return null
    const [known] = await tx
      .select()
      .from(pages)
      .where(and(...ofPages(workspaceId, botId, id)))
      .limit(1)
    if (known) return known
    const [made] = await tx
      .insert(pages)
      .values({ workspaceId, botId, sourceId: id, id: newId<PageId>(), address: url, url })
      .returning()
    return made ?? null
  })
}

/** The pages of a bot that hold text, one after the other. */
export async function* pagesWithText(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
): AsyncGenerator<Page & { markdown: string }> {
  const ofText = and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId), isNotNull(pages.markdown))
  for (const { id } of await db.select({ id: pages.id }).from(pages).where(ofText)) {
    const [page] = await db
      .select()
      .from(pages)
      .where(and(ofText, eq(pages.id, id)))
    if (page?.markdown) yield { ...page, markdown: page.markdown }
  }
}

export type PageChange = Partial<Omit<typeof pages.$inferInsert, 'workspaceId' | 'botId' | 'sourceId' | 'id'>>

/** Stores what became of a page. A page that is gone is left so. */
export async function savePage(
  { db }: { db: Db },
  { workspaceId, botId, id }: Pick<Page, 'workspaceId' | 'botId' | 'id'>,
  change: PageChange,
): Promise<void> {
  await db
    .update(pages)
    .set(change)
    .where(and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId), eq(pages.id, id)))
}

function ofBot(workspaceId: WorkspaceId, botId: BotId) {
  return [eq(sources.workspaceId, workspaceId), eq(sources.botId, botId)]
}

function ofSource(workspaceId: WorkspaceId, botId: BotId, sourceId: SourceId) {
  return [...ofBot(workspaceId, botId), eq(sources.id, sourceId)]
}

function ofPages(workspaceId: WorkspaceId, botId: BotId, sourceId: SourceId) {
  return [eq(pages.workspaceId, workspaceId), eq(pages.botId, botId), eq(pages.sourceId, sourceId)]
}

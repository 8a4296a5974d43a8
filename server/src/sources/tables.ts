import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { bots } from '../bots/tables.ts'
import type { BotId, PageId, SourceId, SyncId, WorkspaceId } from '../platform/id.ts'

export type SourceKind = 'text' | 'markdown' | 'url' | 'sitemap' | 'website' | 'file' | 'qa'
export type SourceState = 'queued' | 'running' | 'paused' | 'ready' | 'failed' | 'cancelled'
export type PageState = 'queued' | 'fetched' | 'indexed' | 'unchanged' | 'skipped' | 'failed'
export type Schedule = 'off' | 'daily' | 'weekly' | 'monthly'

/** Which pages of a sitemap or a website are read; what is absent is not limited but by the plan. */
export interface SourceSettings {
  /** Of the path, with `*` for anything. */
  include?: string[]
  exclude?: string[]
  maxDepth?: number
  maxPages?: number
}

/** An uploaded file: under `id` it is kept on disk. */
export interface SourceFile {
  id: string
  name: string
  bytes: number
  /** As its content says. */
  type: string
}

/** A sitemap of a sync that is to be read, or has been: `depth` 0 was named by the source, 1 by an index. */
export interface SitemapToRead {
  url: string
  depth: number
  isRead: boolean
}

/** Where knowledge comes from: an address, a file, or what was pasted. */
export const sources = pgTable(
  'sources',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    id: uuid().$type<SourceId>().notNull(),
    kind: text().$type<SourceKind>().notNull(),
    /** Of a `qa` pair the question. */
    title: text(),
    /** Where the text can be read; for `url`, `sitemap` and `website` also where it is fetched. A path alone is on this server. */
    url: text(),
    /** What was pasted; of a `qa` pair the answer; null for what is fetched and for a file. */
    content: text(),
    file: jsonb().$type<SourceFile>(),
    settings: jsonb().$type<SourceSettings>().notNull().default({}),
    schedule: text().$type<Schedule>().notNull().default('off'),
    nextSyncAt: timestamp('next_sync_at', { withTimezone: true }),
    state: text().$type<SourceState>().notNull().default('queued'),
    /** In words, for the owner: why it failed, or why it is tried again. */
    reason: text(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    syncedAt: timestamp('synced_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.id] }),
    index('sources_due').on(table.nextSyncAt).where(sql`next_sync_at is not null`),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

/** One document of a source, with the text that was extracted from it. */
export const pages = pgTable(
  'pages',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    sourceId: uuid('source_id').$type<SourceId>().notNull(),
    id: uuid().$type<PageId>().notNull(),
    /** Where it is fetched; null for what was pasted or uploaded. */
    address: text(),
    /** Where visitors can read it: what answered after redirects. */
    url: text(),
    title: text().notNull().default(''),
    /** BCP 47, as the page says or as it was detected. */
    language: text(),
    state: text().$type<PageState>().notNull().default('queued'),
    /** Why it was skipped or has failed, for programs; null for the other states. */
    problem: text(),
    /** The same in words, for the owner. */
    reason: text(),
    /** Links from the source's address; sitemaps have none. */
    depth: integer().notNull().default(0),
    /** Pages are read in this order within their depth. */
    ordinal: bigint({ mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** The sync that found it last: what a complete one has not found is removed. */
    syncId: uuid('sync_id').$type<SyncId>(),
    /** Begun tries of this sync, those that a crash cut off too. */
    tries: integer().notNull().default(0),
    /** Before then it is not tried again. */
    notBefore: timestamp('not_before', { withTimezone: true }),
    /** Pages of the same site that it links to: found anew without its text when the site says that nothing has changed. */
    links: text().array(),
    /** The main content as Markdown. */
    markdown: text(),
    /** SHA-256 of what was indexed last: an unchanged page is not indexed again. */
    contentHash: text('content_hash'),
    bytes: bigint({ mode: 'number' }),
    httpStatus: integer('http_status'),
    etag: text(),
    lastModified: text('last_modified'),
    fetchedAt: timestamp('fetched_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.id] }),
    unique('pages_source_address').on(table.workspaceId, table.botId, table.sourceId, table.address),
    index('pages_by_content').on(table.workspaceId, table.botId, table.contentHash),
    index('pages_queued')
      .on(table.workspaceId, table.botId, table.sourceId, table.depth, table.ordinal)
      .where(sql`state = 'queued'`),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.sourceId],
      foreignColumns: [sources.workspaceId, sources.botId, sources.id],
    }).onDelete('cascade'),
  ],
)

/** One run through a source. At most one is open. Counts are final once it has ended. */
export const syncs = pgTable(
  'syncs',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    sourceId: uuid('source_id').$type<SourceId>().notNull(),
    id: uuid().$type<SyncId>().notNull(),
    state: text().$type<SourceState>().notNull().default('queued'),
    reason: text(),
    /** Its work is done in slices, a job each; a job of another slice than this one is a leftover. */
    slice: integer().notNull().default(0),
    /** Slices in a row that read nothing, since the site or the embedding model did not answer. */
    stalls: integer().notNull().default(0),
    sitemaps: jsonb().$type<SitemapToRead[]>().notNull().default([]),
    /** Whether all that there is was looked at: only then what was not found is removed. */
    isComplete: boolean('is_complete').notNull().default(true),
    /** Addresses that were found and left out, by the cap of the plan or of the source. */
    overCap: integer('over_cap').notNull().default(0),
    added: integer().notNull().default(0),
    changed: integer().notNull().default(0),
    removed: integer().notNull().default(0),
    unchanged: integer().notNull().default(0),
    skipped: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    bytes: bigint({ mode: 'number' }).notNull().default(0),
    /** Without its pauses. */
    workedMs: bigint('worked_ms', { mode: 'number' }).notNull().default(0),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.sourceId, table.id] }),
    uniqueIndex('syncs_one_at_a_time').on(table.workspaceId, table.botId, table.sourceId).where(sql`ended_at is null`),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.sourceId],
      foreignColumns: [sources.workspaceId, sources.botId, sources.id],
    }).onDelete('cascade'),
  ],
)

/** What a sync did to the bot's knowledge, a row a page. */
export const syncChanges = pgTable(
  'sync_changes',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    sourceId: uuid('source_id').$type<SourceId>().notNull(),
    syncId: uuid('sync_id').$type<SyncId>().notNull(),
    /** The page may be gone since. */
    pageId: uuid('page_id').$type<PageId>().notNull(),
    change: text().$type<'added' | 'changed' | 'removed'>().notNull(),
    url: text(),
    title: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.sourceId, table.syncId, table.pageId] }),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.sourceId, table.syncId],
      foreignColumns: [syncs.workspaceId, syncs.botId, syncs.sourceId, syncs.id],
    }).onDelete('cascade'),
  ],
)

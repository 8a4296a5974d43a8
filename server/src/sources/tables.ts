import { bigint, foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { bots } from '../bots/tables.ts'
import type { BotId, PageId, SourceId, WorkspaceId } from '../platform/id.ts'

export type SourceKind = 'text' | 'markdown' | 'url'
export type SourceState = 'queued' | 'running' | 'ready' | 'failed'
export type PageState = 'queued' | 'fetched' | 'indexed' | 'unchanged' | 'skipped' | 'failed'

/** Where knowledge comes from: a pasted text, a Markdown file or an address. */
export const sources = pgTable(
  'sources',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    id: uuid().$type<SourceId>().notNull(),
    kind: text().$type<SourceKind>().notNull(),
    title: text(),
    /** Where the text can be read; for `url` also where it is fetched. A path alone is on this server. */
    url: text(),
    /** What was pasted or uploaded; null for `url`. */
    content: text(),
    state: text().$type<SourceState>().notNull().default('queued'),
    /** In words, for the owner: why it failed, or why it is tried again. */
    reason: text(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    syncedAt: timestamp('synced_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.id] }),
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
    url: text(),
    title: text().notNull().default(''),
    /** BCP 47, as the page says or as it was detected. */
    language: text(),
    state: text().$type<PageState>().notNull().default('queued'),
    /** In words, for the owner. */
    reason: text(),
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
    unique('pages_source_url').on(table.workspaceId, table.botId, table.sourceId, table.url).nullsNotDistinct(),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.sourceId],
      foreignColumns: [sources.workspaceId, sources.botId, sources.id],
    }).onDelete('cascade'),
  ],
)

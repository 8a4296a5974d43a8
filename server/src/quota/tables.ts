import { date, index, integer, pgTable, primaryKey, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/**
 * Replies of a workspace in one calendar month, UTC. `reserved` is the number of its holds; `calls` those made of chat
 * models, whatever came of them, and those that its holds may still make.
 */
export const usageMonths = pgTable(
  'usage_months',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    month: date().notNull(),
    used: integer().notNull().default(0),
    reserved: integer().notNull().default(0),
    calls: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.month] })],
)

/** A reply that is being written. One that is neither settled nor released before its lease ends is released by the next to come. */
export const holds = pgTable(
  'holds',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: uuid().notNull(),
    month: date().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.id] }), index('holds_expiry').on(table.expiresAt)],
)

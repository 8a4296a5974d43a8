import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { workspaces } from '../../workspaces/tables.ts'
import type { WorkspaceId } from '../id.ts'

/** Mail of an instance without SMTP: shown on a developer's machine, forgotten after a day. */
export const outbox = pgTable('outbox', {
  id: uuid().primaryKey(),
  recipient: text().notNull(),
  subject: text().notNull(),
  text: text().notNull(),
  /** The one that it speaks of, with which it goes; null for none. */
  workspaceId: uuid('workspace_id')
    .$type<WorkspaceId>()
    .references(() => workspaces.id, { onDelete: 'cascade' }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

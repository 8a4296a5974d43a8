import type { AuditAction } from '@mevichat/protocol/audit.ts'
import { bigserial, index, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { users } from '../identity/tables.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/** Who did what. Append-only, by a trigger: rows leave with their workspace alone. */
export const auditEvents = pgTable(
  'audit_events',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: bigserial({ mode: 'number' }).notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Null for what the product does by itself. */
    userId: uuid('user_id')
      .$type<UserId>()
      .references(() => users.id),
    /** Such as `key.revoked`. */
    action: text().$type<AuditAction>().notNull(),
    /** What it was done to: `key`, and its id; as it was called then. */
    targetKind: text('target_kind'),
    targetId: text('target_id'),
    targetName: text('target_name'),
    details: jsonb().$type<Record<string, unknown>>(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    index('audit_events_action').on(table.workspaceId, table.action, table.id),
  ],
)

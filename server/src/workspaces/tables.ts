import { index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { users } from '../identity/tables.ts'
import type { PlanName } from '../plans/plans.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'

export const workspaces = pgTable('workspaces', {
  id: uuid().$type<WorkspaceId>().primaryKey(),
  name: text().notNull(),
  plan: text().$type<PlanName>().notNull().default('free'),
  suspendedAt: timestamp('suspended_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

export type Role = 'owner' | 'admin' | 'editor' | 'viewer'

export const members = pgTable(
  'members',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text().$type<Role>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId] }), index('members_user').on(table.userId)],
)

import { foreignKey, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { users } from '../identity/tables.ts'
import type { CredentialId, UserId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/** A workspace's own keys for model providers. The key itself is sealed and never leaves the server but to its provider. */
export const modelCredentials = pgTable(
  'model_credentials',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: uuid().$type<CredentialId>().notNull(),
    provider: text().$type<'openai' | 'anthropic'>().notNull(),
    name: text().notNull(),
    /** Null is the provider's own. */
    baseUrl: text('base_url'),
    /** AES-256-GCM; begins with the id of the key that sealed it. */
    sealedKey: text('sealed_key').notNull(),
    lastFour: text('last_four').notNull(),
    createdBy: uuid('created_by').$type<UserId>(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    testedAt: timestamp('tested_at', { withTimezone: true }),
    /** What the last test found, in words; null when it went well or there was none. */
    problem: text(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    foreignKey({ columns: [table.createdBy], foreignColumns: [users.id] }).onDelete('set null'),
  ],
)

import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { bots } from '../bots/tables.ts'
import type { BotId, KeyId, WorkspaceId } from '../platform/id.ts'

/** Public keys stand as they are: they ship in client-side HTML, and the dashboard shows them again. */
export const keys = pgTable(
  'keys',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    id: uuid().$type<KeyId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    name: text().notNull(),
    publicKey: text('public_key').notNull(),
    /** Allowed domains; an empty list accepts any origin. */
    domains: jsonb().$type<string[]>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    /** When the widget was loaded with it last. */
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('keys_public_key').on(table.publicKey),
    index('keys_bot').on(table.workspaceId, table.botId),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

/** Origins that a key did not take lately, so that its owner can see a domain that is missing. */
export const refusedOrigins = pgTable(
  'refused_origins',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    keyId: uuid('key_id').$type<KeyId>().notNull(),
    origin: text().notNull(),
    times: integer().notNull().default(1),
    lastAt: timestamp('last_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.keyId, table.origin] }),
    foreignKey({ columns: [table.workspaceId, table.keyId], foreignColumns: [keys.workspaceId, keys.id] }).onDelete(
      'cascade',
    ),
  ],
)

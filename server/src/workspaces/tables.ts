import type { Role } from '@mevichat/protocol/roles.ts'
import { sql } from 'drizzle-orm'
import { foreignKey, index, pgTable, primaryKey, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { users } from '../identity/tables.ts'
import type { PlanName } from '../plans/plans.ts'
import type { InvitationId, PersonalTokenId, UserId, WorkspaceId } from '../platform/id.ts'

export const workspaces = pgTable('workspaces', {
  id: uuid().$type<WorkspaceId>().primaryKey(),
  name: text().notNull(),
  plan: text().$type<PlanName>().notNull().default('free'),
  suspendedAt: timestamp('suspended_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  /** From then on it is nobody's; a job takes all that it had away. */
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
})

/** Who has made how many workspaces lately, so that a deleted one counts too. Forgotten after a day. */
export const workspaceCreations = pgTable(
  'workspace_creations',
  {
    userId: uuid('user_id')
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('workspace_creations_user').on(table.userId, table.at)],
)

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

/** A mailed invitation. Its token is kept as a hash; it is used once, by whoever has proved the e-mail. */
export const invitations = pgTable(
  'invitations',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: uuid().$type<InvitationId>().notNull(),
    /** In lower case. */
    email: text().notNull(),
    role: text().$type<Role>().notNull(),
    /** SHA-256, hex. */
    tokenHash: text('token_hash').notNull(),
    invitedBy: uuid('invited_by')
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'set null' }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    acceptedAt: timestamp('accepted_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('invitations_token_hash').on(table.tokenHash),
    uniqueIndex('invitations_pending')
      .on(table.workspaceId, table.email)
      .where(sql`accepted_at is null and revoked_at is null`),
  ],
)

/** With one a script gets short-lived tokens of its person in one workspace. Shown once, kept as a hash. */
export const personalTokens = pgTable(
  'personal_tokens',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    id: uuid().$type<PersonalTokenId>().notNull(),
    userId: uuid('user_id').$type<UserId>().notNull(),
    name: text().notNull(),
    /** SHA-256, hex. */
    tokenHash: text('token_hash').notNull(),
    /** Its last four characters, to be known again by. */
    lastFour: text('last_four').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('personal_tokens_token_hash').on(table.tokenHash),
    // They go with the membership.
    foreignKey({
      columns: [table.workspaceId, table.userId],
      foreignColumns: [members.workspaceId, members.userId],
    }).onDelete('cascade'),
  ],
)

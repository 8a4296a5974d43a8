import { boolean, index, jsonb, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../platform/id.ts'

/** People. A deleted one keeps the row, so that a token in flight is refused rather than mapped to nobody. */
export const users = pgTable('users', {
  id: uuid().$type<UserId>().primaryKey(),
  email: text(),
  name: text(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
})

/** Who a token's (`iss`, `sub`) is among our users. */
export const userIdentities = pgTable(
  'user_identities',
  {
    issuer: text().notNull(),
    subject: text().notNull(),
    userId: uuid('user_id')
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] })],
)

/** The keys that the tokens of our own are signed with; the newest whose time has come signs. */
export const signingKeys = pgTable('signing_keys', {
  /** The JWK thumbprint (RFC 7638) of the public key: the `kid` of what it signs. */
  kid: text().primaryKey(),
  /** A JWK without its private part. */
  publicKey: jsonb('public_key').$type<{ kty: string; crv: string; x: string }>().notNull(),
  /** The private JWK, sealed. */
  privateKey: text('private_key').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  /** A key is published before it signs, so that who keeps the set for a while knows it by then. */
  signsFrom: timestamp('signs_from', { withTimezone: true }).notNull(),
})

const changes = {
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
}

/** Who can sign in here. The id is that of `users`. */
export const authUsers = pgTable('auth_users', {
  id: uuid()
    .$type<UserId>()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  name: text().notNull(),
  /** In lower case. */
  email: text().notNull().unique('auth_users_email'),
  emailVerified: boolean('email_verified').notNull(),
  image: text(),
  ...changes,
})

const ofAuthUser = () =>
  uuid('user_id')
    .$type<UserId>()
    .notNull()
    .references(() => authUsers.id, { onDelete: 'cascade' })

export const authSessions = pgTable(
  'auth_sessions',
  {
    id: uuid().primaryKey(),
    userId: ofAuthUser(),
    token: text().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    /** Never written. */
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    ...changes,
  },
  (table) => [unique('auth_sessions_token').on(table.token), index('auth_sessions_user').on(table.userId)],
)

/** By whom a person is known at a provider. What the provider gives with a sign-in is not kept. */
export const authAccounts = pgTable(
  'auth_accounts',
  {
    id: uuid().primaryKey(),
    userId: ofAuthUser(),
    providerId: text('provider_id').notNull(),
    accountId: text('account_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: timestamp('access_token_expires_at', { withTimezone: true }),
    refreshTokenExpiresAt: timestamp('refresh_token_expires_at', { withTimezone: true }),
    scope: text(),
    password: text(),
    ...changes,
  },
  (table) => [
    unique('auth_accounts_of_provider').on(table.providerId, table.accountId),
    index('auth_accounts_user').on(table.userId),
  ],
)

/** Sign-ins under way: mailed links by their token's hash, and what a provider is to come back with. */
export const authVerifications = pgTable(
  'auth_verifications',
  {
    // Some are hashes, so that of two that do the same only one can be.
    id: text().primaryKey(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    ...changes,
  },
  (table) => [index('auth_verifications_identifier').on(table.identifier)],
)

/** The link that makes the first owner: at most one row, gone once it is used. */
export const ownerLinks = pgTable('owner_links', {
  name: text().$type<'first'>().primaryKey(),
  /** SHA-256, hex. */
  tokenHash: text('token_hash').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

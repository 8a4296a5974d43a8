import { jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
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

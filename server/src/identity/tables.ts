import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
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

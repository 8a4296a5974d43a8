import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Mail of an instance without SMTP: shown on a developer's machine, forgotten after a day. */
export const outbox = pgTable('outbox', {
  id: uuid().primaryKey(),
  recipient: text().notNull(),
  subject: text().notNull(),
  text: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

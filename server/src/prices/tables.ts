import { numeric, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { PriceId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/** What a workspace pays for a million tokens of a model. */
export const modelPrices = pgTable(
  'model_prices',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: uuid().$type<PriceId>().notNull(),
    /** As `provider:name`, as in the trace of an answer. */
    model: text().notNull(),
    input: numeric({ precision: 15, scale: 6 }).notNull(),
    output: numeric({ precision: 15, scale: 6 }).notNull(),
    /** ISO 4217. */
    currency: text().notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('model_prices_by_model').on(table.workspaceId, table.model),
  ],
)

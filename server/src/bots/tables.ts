import type { WidgetTheme } from '@mevichat/protocol/widget-config.ts'
import {
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

export const bots = pgTable(
  'bots',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    id: uuid().$type<BotId>().notNull(),
    name: text().notNull(),
    avatarUrl: text('avatar_url'),
    instructions: text().notNull().default(''),
    /** `provider:model`, such as `openai:gpt-5-mini`; null is the instance's default. */
    chatModel: text('chat_model'),
    /** Likewise; a change makes all vectors anew, and the old ones answer until they are whole. */
    embeddingModel: text('embedding_model'),
    temperature: doublePrecision(),
    maxOutputTokens: integer('max_output_tokens').notNull().default(1024),
    unknownAnswer: text('unknown_answer'),
    /** RE2 patterns; a message that one of them matches is answered with `fallback`. */
    moderationPatterns: jsonb('moderation_patterns').$type<string[]>().notNull().default([]),
    moderationFallback: text('moderation_fallback'),
    theme: jsonb().$type<Partial<WidgetTheme>>().notNull().default({}),
    greeting: text(),
    suggestedQuestions: jsonb('suggested_questions').$type<string[]>(),
    showsCitations: boolean('shows_citations').notNull().default(true),
    locale: text(),
    words: jsonb().$type<Record<string, string>>(),
    isEnabled: boolean('is_enabled').notNull().default(true),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.id] }), unique('bots_id').on(table.id)],
)

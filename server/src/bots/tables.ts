import type { OwnWords, WidgetTheme } from '@mevichat/protocol/widget-config.ts'
import {
  boolean,
  doublePrecision,
  foreignKey,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea } from '../platform/db/columns.ts'
import type { AvatarId, BotId, CredentialId, UserId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/** What an owner edits and publishes: the columns of a bot that a visitor notices. */
export type BotDraft = Pick<
  typeof bots.$inferSelect,
  | 'name'
  | 'avatarUrl'
  | 'instructions'
  | 'tone'
  | 'answerLanguage'
  | 'chatModel'
  | 'embeddingModel'
  | 'credentialId'
  | 'temperature'
  | 'maxOutputTokens'
  | 'unknownAnswer'
  | 'moderationPatterns'
  | 'moderationFallback'
  | 'theme'
  | 'greeting'
  | 'suggestedQuestions'
  | 'showsCitations'
  | 'locale'
  | 'words'
  | 'translations'
>

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
    /** How it speaks, in the owner's words. */
    tone: text(),
    /** The language it answers in (BCP 47); null is the visitor's. */
    answerLanguage: text('answer_language'),
    /** `provider:model`, such as `openai:gpt-5-mini`; null is the instance's default. */
    chatModel: text('chat_model'),
    /** Likewise; a change makes all vectors anew, and the old ones answer until they are whole. */
    embeddingModel: text('embedding_model'),
    /** The workspace's own key that pays for the answers; null is the one that the order of credentials finds. */
    credentialId: uuid('credential_id').$type<CredentialId>(),
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
    /** Greeting, suggested questions and words in other languages, by their tags (BCP 47). */
    translations: jsonb().$type<Record<string, OwnWords>>(),
    /** The settings as they are edited, published or not; null is as published. */
    draft: jsonb().$type<Record<string, unknown>>(),
    /** Of `bot_versions`, the one that is live. */
    version: integer().notNull().default(0),
    /** Messages older than so many days are deleted; null keeps them. */
    retentionDays: integer('retention_days'),
    isEnabled: boolean('is_enabled').notNull().default(true),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.id] }), unique('bots_id').on(table.id)],
)

/** What was live, and when. */
export const botVersions = pgTable(
  'bot_versions',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    number: integer().notNull(),
    settings: jsonb().$type<BotDraft>().notNull(),
    publishedBy: uuid('published_by').$type<UserId>(),
    publishedAt: timestamp('published_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.number] }),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

/** Pictures of bots, as this server has encoded them anew. */
export const avatars = pgTable(
  'avatars',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    id: uuid().$type<AvatarId>().notNull(),
    /** WebP. */
    image: bytea().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.id] }),
    unique('avatars_id').on(table.id),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

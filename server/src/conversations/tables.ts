import type { Citation, FinishReason, StreamError } from '@mevichat/protocol/chat.ts'
import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { bots } from '../bots/tables.ts'
import type { SearchResult } from '../knowledge/knowledge.ts'
import type { BotId, KeyId, UserId, WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'

/** A visitor's conversation with one bot. `sessionId` is the client's; the same one under another bot is another session. */
export const sessions = pgTable(
  'sessions',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    sessionId: uuid('session_id').notNull(),
    visitorId: text('visitor_id'),
    visitorMetadata: jsonb('visitor_metadata').$type<Record<string, unknown>>(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    lastTurnAt: timestamp('last_turn_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.sessionId] }),
    index('sessions_by_time').on(table.workspaceId, table.botId, table.lastTurnAt, table.sessionId),
    index('sessions_by_visitor').on(table.workspaceId, table.visitorId),
    index('sessions_by_session_id').on(table.workspaceId, table.sessionId),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

/** How a stored turn ended; `incomplete` is one cut off by a crash or by its provider, told to callers as `error`. */
export type TurnEnd = FinishReason | 'incomplete'

/** Why an answer is what it is. By ids: what a page said that is deleted is not kept here. */
export interface AnswerTrace extends Omit<SearchResult, 'passages' | 'failure'> {
  /** The answer was that the bot does not know. */
  isUnknown: boolean
  /** Of the passages that were given to the model, in the order of their numbers. */
  given: number[]
  /** As `provider:name`; null when none was asked. */
  model: string | null
  usage: { inputTokens: number; outputTokens: number } | null
  searchMs: number
  /** From the question to the first text; null when there was none. */
  firstTextMs: number | null
}

/**
 * A question and its answer. They are one row, so that no question is ever without one.
 * While `endedAt` is null the answer is being written by whoever renews `leaseUntil`.
 */
export const turns = pgTable(
  'turns',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    sessionId: uuid('session_id').notNull(),
    /** `message_id` of the answer. */
    id: bigint({ mode: 'number' }).notNull(),
    /** `id` of the question in an export; from the same sequence, and lower. */
    questionId: bigserial('question_id', { mode: 'number' }).notNull(),
    question: text().notNull(),
    answer: text().notNull().default(''),
    /** Where each `token` event ends in `answer`, so that a resumed stream numbers its events as the first one did. */
    tokenEnds: integer('token_ends').array().notNull().default([]),
    citations: jsonb().$type<Citation[]>(),
    /** Null where nothing was searched. */
    trace: jsonb().$type<AnswerTrace>(),
    finishReason: text('finish_reason').$type<TurnEnd>(),
    error: jsonb().$type<StreamError>(),
    /** By the visitor: 1 helpful, -1 not. */
    rating: smallint(),
    /** Null in the playground. */
    keyId: uuid('key_id').$type<KeyId>(),
    userId: uuid('user_id').$type<UserId>(),
    idempotencyKey: text('idempotency_key'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    leaseUntil: timestamp('lease_until', { withTimezone: true }).notNull(),
    stopRequestedAt: timestamp('stop_requested_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.sessionId, table.id] }),
    unique('turns_id').on(table.id),
    uniqueIndex('turns_one_at_a_time').on(table.workspaceId, table.botId, table.sessionId).where(sql`ended_at is null`),
    // A finished answer is replayed under its Idempotency-Key; one that failed leaves the index, so that it can run again.
    uniqueIndex('turns_idempotency_key')
      .on(table.workspaceId, table.botId, table.sessionId, table.keyId, table.idempotencyKey)
      .where(
        sql`idempotency_key is not null and (finish_reason is null or finish_reason in ('stop', 'length', 'blocked'))`,
      ),
    // Written once, when the answer is whole; of an endless one its beginning, as a tsvector holds a megabyte at most.
    index('turns_words')
      .using('gin', sql`to_tsvector('simple', left(question || ' ' || answer, 100000))`)
      .where(sql`ended_at is not null`),
    index('turns_unanswered')
      .on(table.workspaceId, table.botId, table.sessionId)
      .where(sql`trace ->> 'isUnknown' = 'true'`),
    index('turns_rated').on(table.workspaceId, table.botId, table.sessionId).where(sql`rating is not null`),
    index('turns_open').on(table.leaseUntil).where(sql`ended_at is null`),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.sessionId],
      foreignColumns: [sessions.workspaceId, sessions.botId, sessions.sessionId],
    }).onDelete('cascade'),
  ],
)

/** Visitors who were erased, by hash: what was written about them before is erased again after a restore. */
export const erasedVisitors = pgTable(
  'erased_visitors',
  {
    workspaceId: uuid('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** SHA-256 of the workspace's id and the visitor's, hex. */
    visitorHash: text('visitor_hash').notNull(),
    erasedAt: timestamp('erased_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.visitorHash] })],
)

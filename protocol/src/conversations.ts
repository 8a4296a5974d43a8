/** What an owner's programs say about conversations, and what they are told. */
import { z } from 'zod'
import { finishReasons } from './chat.ts'
import { declare, instant, pageOf, paging } from './operation.ts'
import { cost } from './prices.ts'

/** PostgreSQL keeps no NUL, so nothing that holds one can be found. */
const words = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .transform((text) => text.replaceAll('\0', ''))

/** All that are given must hold; what is asked of messages (`q`, dates, endings, ratings, keys) of one and the same. */
const filter = {
  /** Words of a question or its answer, as in a web search: `"a phrase"`, `or`, `-without`; the last word may be cut short. */
  q: words(200).optional(),
  from: instant.optional(),
  /** Not included. */
  to: instant.optional(),
  /** How an answer ended. */
  finish_reason: z.enum(finishReasons).optional(),
  /** `none`: nothing in it was rated. */
  rating: z.enum(['helpful', 'not_helpful', 'any', 'none']).optional(),
  /** The bot said that it does not know. An answer that failed is found by its `finish_reason`. */
  unanswered: z.enum(['true', 'false']).optional(),
  /** It ended with an answer that does not say so. */
  answered: z.literal('true').optional(),
  /** Which wrote the answer, as `provider:name`. */
  model: words(300).optional(),
  /** Address of a page that the answer cites, without a fragment; the title of one that has no address. */
  cited: words(2_000).optional(),
  /** The first words of the answer came later than so many milliseconds. */
  slower_than: z.coerce.number().int().min(0).max(86_400_000).optional(),
  visitor_id: words(256).optional(),
  key_id: z.uuid().toLowerCase().optional(),
  channel: z.enum(['widget', 'playground']).optional(),
}
const order = {
  /** By the time of the last question. */
  sort: z.enum(['newest', 'oldest']).default('newest'),
}
const filterQuery = z.object(filter)
const listQuery = z.object({ ...filter, ...order, ...paging })
const listAllQuery = listQuery.extend({ bot_id: z.uuid().toLowerCase().optional() })

const finishReason = z.enum(finishReasons)
const metadata = z.record(z.string(), z.unknown()).nullable()

export const conversationItem = z.object({
  session_id: z.uuid(),
  bot_id: z.uuid(),
  visitor_id: z.string().nullable(),
  visitor_metadata: metadata,
  /** Its beginning: 300 characters at most. */
  first_question: z.string().nullable(),
  /** Questions, each with its answer. */
  turns: z.int(),
  created_at: instant,
  last_turn_at: instant,
  /** Of the last answer; null while it is being written. */
  finish_reason: finishReason.nullable(),
  rating: z.object({ helpful: z.int(), not_helpful: z.int() }),
  /** The bot said at least once that it does not know. */
  unanswered: z.boolean(),
})

const candidate = z.object({
  passage_id: z.int(),
  /** As they are today; null where the page is gone. */
  title: z.string().nullable(),
  url: z.string().nullable(),
  /** How the passage begins; null where it is gone. */
  excerpt: z.string().nullable(),
  score: z.number(),
  cosine: z.number(),
  lexical: z.number(),
  /** Under which the model was given it. */
  number: z.int().nullable(),
  left_out: z.enum(['rank', 'page', 'repetition', 'pair']).nullable(),
})

const trace = z.object({
  /** The question, and how it reads after the one that it follows. */
  asked: z.array(z.string()),
  verdict: z.enum(['answerable', 'unsure', 'unknown']),
  best_score: z.number(),
  thresholds: z.object({ low: z.number(), high: z.number() }),
  is_by_words_alone: z.boolean(),
  /** As `provider:name`; null when none was asked. */
  model: z.string().nullable(),
  usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }).nullable(),
  cost,
  search_ms: z.number(),
  first_text_ms: z.number().nullable(),
  candidates: z.array(candidate),
})

const turn = z.object({
  message_id: z.int(),
  question_id: z.int(),
  question: z.string(),
  answer: z.string(),
  created_at: instant,
  ended_at: instant.nullable(),
  finish_reason: finishReason.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  citations: z.array(z.object({ index: z.int(), title: z.string(), url: z.string().nullable(), quote: z.string() })),
  rating: z.union([z.literal(1), z.literal(-1)]).nullable(),
  unanswered: z.boolean(),
  /** Null in the playground. */
  key: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  /** Null where nothing was searched. */
  trace: trace.nullable(),
})

const transcript = conversationItem.extend({
  /** Oldest first. */
  messages: z.array(turn),
  next_cursor: z.string().nullable(),
})

export type ConversationFilterQuery = z.output<typeof filterQuery>
export type ConversationItem = z.input<typeof conversationItem>
export type TurnAnswer = z.input<typeof turn>
export type TraceAnswer = z.input<typeof trace>

const base = '/api/workspaces/:workspaceId/bots/:botId/conversations/'
const one = `${base}:sessionId/` as const

export const conversationOperations = declare({
  listAllConversations: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/conversations/',
    needs: 'read',
    about: 'The conversations of all bots that hold what is asked for.',
    query: listAllQuery,
    status: 200,
    answer: pageOf('conversations', conversationItem),
  },
  listConversations: {
    method: 'GET',
    path: base,
    needs: 'read',
    about: 'The conversations of a bot that hold what is asked for.',
    query: listQuery,
    status: 200,
    answer: pageOf('conversations', conversationItem),
  },
  exportConversationsAsJsonLines: {
    method: 'GET',
    path: `${base}export.jsonl/`,
    needs: 'export',
    about: 'The conversations of a bot as a file, a line of JSON each.',
    query: filterQuery,
    status: 200,
    answer: 'application/x-ndjson',
  },
  exportConversationsAsCsv: {
    method: 'GET',
    path: `${base}export.csv/`,
    needs: 'export',
    about: 'The conversations of a bot as a table, a row for each question with its answer.',
    query: filterQuery,
    status: 200,
    answer: 'text/csv',
  },
  getConversation: {
    method: 'GET',
    path: one,
    needs: 'read',
    about: 'A conversation with its answers, what they cite, and why each is what it is.',
    query: z.object({
      /** `next_cursor` of the page before. */
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    status: 200,
    answer: transcript,
  },
  removeConversation: {
    method: 'DELETE',
    path: one,
    needs: 'deleteConversations',
    about: 'Removes a conversation. An answer that is being written in it ends.',
    status: 204,
    answer: null,
  },
  eraseVisitor: {
    method: 'POST',
    path: '/api/workspaces/:workspaceId/visitors/erase/',
    needs: 'deleteConversations',
    about: 'Erases all conversations that a visitor had with any bot, for good.',
    body: z.strictObject({ visitor_id: words(256).refine((id) => id !== '', 'is empty') }),
    status: 200,
    answer: z.object({ conversations: z.int(), messages: z.int() }),
  },
})

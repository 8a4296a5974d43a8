/** Finding conversations: by words, dates, endings, ratings, visitor and key; newest first, page by page. */
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { microsOf, timeOfMicros } from '../platform/db/micros.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { SessionRef } from './store.ts'
import type { TurnEnd } from './tables.ts'

/** All must hold; what is asked of turns of one and the same. */
export interface ConversationFilter {
  botId?: BotId | undefined
  sessionId?: string | undefined
  q?: string | undefined
  from?: Date | undefined
  /** Not included. */
  to?: Date | undefined
  endings?: readonly TurnEnd[] | undefined
  rating?: 'helpful' | 'not_helpful' | 'any' | 'none' | undefined
  isUnanswered?: boolean | undefined
  isAnswered?: boolean | undefined
  model?: string | undefined
  /** Address or title of a page. */
  cited?: string | undefined
  slowerThanMs?: number | undefined
  visitorId?: string | undefined
  keyId?: string | undefined
  channel?: 'widget' | 'playground' | undefined
}

export interface Conversation extends SessionRef {
  visitorId: string | null
  visitorMetadata: Record<string, unknown> | null
  createdAt: Date
  lastTurnAt: Date
  firstQuestion: string | null
  turns: number
  lastEnd: TurnEnd | null
  helpful: number
  notHelpful: number
  isUnanswered: boolean
}

/** Where a page of the list ended. Times of the database have microseconds, which a Date has not. */
export interface Place {
  lastTurnUs: number
  sessionId: string
  botId: string
}

interface Page {
  limit: number
  isOldestFirst?: boolean
  after?: Place | undefined
}

const firstQuestionChars = 300
const ofSession = sql`t.workspace_id = s.workspace_id and t.bot_id = s.bot_id and t.session_id = s.session_id`
/** As in the index `turns_unanswered`. */
const saysUnknown = sql`t.trace ->> 'isUnknown' = 'true'`

/** A page of the conversations that a filter finds, and the place after which the next one begins, if there is more. */
export async function findConversations(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  filter: ConversationFilter,
  { limit, isOldestFirst = false, after }: Page,
): Promise<{ conversations: Conversation[]; next: Place | null }> {
  const place = sql`s.last_turn_at, s.session_id, s.bot_id`
  const direction = isOldestFirst ? sql`asc` : sql`desc`
  const order = sql`s.last_turn_at ${direction}, s.session_id ${direction}, s.bot_id ${direction}`
  const beyond =
    after &&
    sql`(${place}) ${isOldestFirst ? sql`>` : sql`<`} (${timeOfMicros(after.lastTurnUs)},
      ${after.sessionId}::uuid, ${after.botId}::uuid)`
  const conditions = [...sessionConditions(workspaceId, filter), ...(beyond ? [beyond] : [])]
  const { rows } = await db.execute<ConversationRow>(sql`
    with found as (
      select s.* from sessions s where ${allOf(conditions)} order by ${order} limit ${limit + 1}
    )
    select s.bot_id as "botId", s.session_id as "sessionId", s.visitor_id as "visitorId",
      s.visitor_metadata as "visitorMetadata", ${microsOf(sql`s.created_at`)} as "createdUs",
      ${microsOf(sql`s.last_turn_at`)} as "lastTurnUs", answers.*,
      (select left(t.question, ${firstQuestionChars}) from turns t where ${ofSession} order by t.id limit 1) as "firstQuestion",
      (select t.finish_reason from turns t where ${ofSession} order by t.id desc limit 1) as "lastEnd",
      exists (select from turns t where ${ofSession} and ${saysUnknown}) as "isUnanswered"
    from found s, lateral (
      select count(*) as turns, count(*) filter (where t.rating = 1) as helpful,
        count(*) filter (where t.rating = -1) as "notHelpful"
      from turns t where ${ofSession}
    ) answers
    order by ${order}`)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    conversations: rows.slice(0, limit).map(({ createdUs, lastTurnUs, ...row }) => ({
      ...row,
      workspaceId,
      createdAt: new Date(createdUs / 1_000),
      lastTurnAt: new Date(lastTurnUs / 1_000),
    })),
    next: last ? { lastTurnUs: last.lastTurnUs, sessionId: last.sessionId, botId: last.botId } : null,
  }
}

export async function findConversation(ports: { db: Db }, ref: SessionRef): Promise<Conversation | null> {
  const { conversations } = await findConversations(ports, ref.workspaceId, ref, { limit: 1 })
  return conversations[0] ?? null
}

type ConversationRow = Record<string, unknown> &
  Omit<Conversation, 'workspaceId' | 'createdAt' | 'lastTurnAt'> & { createdUs: number; lastTurnUs: number }

function sessionConditions(workspaceId: WorkspaceId, filter: ConversationFilter): SQL[] {
  const { botId, sessionId, visitorId, from, to, rating, isUnanswered } = filter
  const conditions = [sql`s.workspace_id = ${workspaceId}`]
  if (botId !== undefined) conditions.push(sql`s.bot_id = ${botId}`)
  if (sessionId !== undefined) conditions.push(sql`s.session_id = ${sessionId}`)
  if (visitorId !== undefined) conditions.push(sql`s.visitor_id = ${visitorId}`)
  // Follows from what is asked of a turn, and spares looking at the turns of most.
  if (from) conditions.push(sql`s.last_turn_at >= ${instantOf(from)}`)
  if (to) conditions.push(sql`s.created_at < ${instantOf(to)}`)
  const ofTurn = turnConditions(filter)
  if (ofTurn.length > 0) conditions.push(sql`exists (select from turns t where ${allOf([ofSession, ...ofTurn])})`)
  if (rating === 'none')
    conditions.push(sql`not exists (select from turns t where ${ofSession} and t.rating is not null)`)
  if (isUnanswered === false)
    conditions.push(sql`not exists (select from turns t where ${ofSession} and ${saysUnknown})`)
  return conditions
}

function turnConditions(filter: ConversationFilter): SQL[] {
  const { q, from, to, endings, rating, isUnanswered, isAnswered, model, cited, slowerThanMs, keyId, channel } = filter
  const conditions: SQL[] = []
  if (q !== undefined && q.trim() !== '') conditions.push(saying(q))
  if (from) conditions.push(sql`t.created_at >= ${instantOf(from)}`)
  if (to) conditions.push(sql`t.created_at < ${instantOf(to)}`)
  if (endings) conditions.push(sql`t.finish_reason = any(${sql.param([...endings])}::text[])`)
  if (rating === 'any') conditions.push(sql`t.rating is not null`)
  if (rating === 'helpful' || rating === 'not_helpful')
    conditions.push(sql`t.rating = ${rating === 'helpful' ? 1 : -1}`)
  if (isUnanswered) conditions.push(saysUnknown)
  if (isAnswered) conditions.push(sql`t.finish_reason in ('stop', 'length') and (${saysUnknown}) is not true`)
  if (model !== undefined) conditions.push(sql`t.trace ->> 'model' = ${model}`)
  if (cited !== undefined) conditions.push(citing(cited))
  if (slowerThanMs !== undefined) conditions.push(sql`(t.trace ->> 'firstTextMs')::float8 > ${slowerThanMs}`)
  if (keyId !== undefined) conditions.push(sql`t.key_id = ${keyId}`)
  if (channel) conditions.push(channel === 'widget' ? sql`t.key_id is not null` : sql`t.key_id is null`)
  return conditions
}

/** Scripts that put no space between words, and what has no words at all, are looked for as they are written. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const wordy = /[\p{L}\p{N}]/u

function saying(q: string): SQL {
  if (unspaced.test(q) || !wordy.test(q)) {
    const pieces = q.trim().split(/\s+/u)
    return allOf(
      pieces.map((piece) => sql`(t.question || ' ' || t.answer) ilike ${`%${piece.replace(/[\\%_]/g, '\\$&')}%`}`),
    )
  }
  const query = sql`websearch_to_tsquery('simple', ${q})`
  // The last word may be one that is still being typed; in quotation marks it is whole.
  const isOpen = !q.trimEnd().endsWith('"')
  const asked = isOpen
    ? sql`case when ${query}::text like '%''' then (${query}::text || ':*')::tsquery else ${query} end`
    : query
  // The expression and the condition of the index `turns_words`.
  return sql`t.ended_at is not null and to_tsvector('simple', left(t.question || ' ' || t.answer, 100000)) @@ ${asked}`
}

function citing(page: string): SQL {
  const citations = sql`case jsonb_typeof(t.citations) when 'array' then t.citations else '[]' end`
  return sql`exists (select from jsonb_array_elements(${citations}) c
    where coalesce(nullif(split_part(c ->> 'url', '#', 1), ''), c ->> 'title') = ${page})`
}

/** Any date of the wire is one of the database's. */
function instantOf(date: Date): SQL {
  return sql`to_timestamp(${date.getTime() / 1_000}::float8)`
}

function allOf(conditions: SQL[]): SQL {
  return sql.join(conditions, sql` and `)
}

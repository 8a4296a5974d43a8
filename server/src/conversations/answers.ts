/** Conversations as they go over the wire, and what is asked of them. */
import type {
  ConversationFilterQuery,
  ConversationItem,
  TraceAnswer,
  TurnAnswer,
} from '@mevichat/protocol/conversations.ts'
import { notACursor } from '../platform/cursor.ts'
import { type BotId, isUuid } from '../platform/id.ts'
import { costOf, type Price } from '../prices/prices.ts'
import { finishReasonOf } from './conversations.ts'
import type { Conversation, ConversationFilter, Place } from './search.ts'
import type { AnswerTrace, TurnEnd } from './tables.ts'
import type { ReadTurn, Remains } from './transcript.ts'

export function conversationAnswer(conversation: Conversation): ConversationItem {
  const { lastEnd } = conversation
  return {
    session_id: conversation.sessionId,
    bot_id: conversation.botId,
    visitor_id: conversation.visitorId,
    visitor_metadata: conversation.visitorMetadata,
    first_question: conversation.firstQuestion,
    turns: conversation.turns,
    created_at: conversation.createdAt.toISOString(),
    last_turn_at: conversation.lastTurnAt.toISOString(),
    finish_reason: lastEnd && finishReasonOf(lastEnd),
    rating: { helpful: conversation.helpful, not_helpful: conversation.notHelpful },
    unanswered: conversation.isUnanswered,
  }
}

/** With what the answer comes to at these prices. */
export function turnAnswer(
  turn: ReadTurn,
  remains: Map<number, Remains>,
  prices: ReadonlyMap<string, Price>,
): TurnAnswer {
  const { finishReason, error, trace, keyId, keyName, rating } = turn
  return {
    message_id: turn.id,
    question_id: turn.questionId,
    question: turn.question,
    answer: turn.answer,
    created_at: turn.createdAt.toISOString(),
    ended_at: turn.endedAt?.toISOString() ?? null,
    finish_reason: finishReason && finishReasonOf(finishReason),
    error: error && { code: error.code, message: error.message },
    citations: turn.citations ?? [],
    rating: rating === 1 || rating === -1 ? rating : null,
    unanswered: trace?.isUnknown === true,
    key: keyId && { id: keyId, name: keyName ?? '' },
    trace: trace && traceAnswer(trace, remains, prices),
  }
}

function traceAnswer(
  trace: AnswerTrace,
  remains: Map<number, Remains>,
  prices: ReadonlyMap<string, Price>,
): TraceAnswer {
  const { asked, verdict, best, thresholds, model, usage, given } = trace
  return {
    asked,
    verdict,
    best_score: best,
    thresholds,
    is_by_words_alone: trace.isByWordsAlone,
    model,
    usage: usage && { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
    cost: costOf(prices, model, usage),
    search_ms: trace.searchMs,
    first_text_ms: trace.firstTextMs,
    candidates: trace.considered.map(({ passageId, score, cosine, lexical, leftOut }) => {
      const { title = null, url = null, excerpt = null } = remains.get(passageId) ?? {}
      const number = given.indexOf(passageId) + 1 || null
      return { passage_id: passageId, title, url, excerpt, score, cosine, lexical, number, left_out: leftOut }
    }),
  }
}

export function filterOf(query: ConversationFilterQuery, botId: string | undefined): ConversationFilter {
  const { q, from, to, finish_reason: ending, rating, unanswered, answered, visitor_id, key_id, channel } = query
  // Callers are told that a turn which was cut off ended in an error.
  const endings: TurnEnd[] | undefined = ending && (ending === 'error' ? ['error', 'incomplete'] : [ending])
  return {
    botId: botId as BotId | undefined,
    q,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    endings,
    rating,
    isUnanswered: unanswered && unanswered === 'true',
    isAnswered: answered === 'true',
    model: query.model,
    cited: query.cited,
    slowerThanMs: query.slower_than,
    visitorId: visitor_id,
    keyId: key_id,
    channel,
  }
}

export function cursorOf(place: Place | null): string | null {
  return place && Buffer.from(JSON.stringify([place.lastTurnUs, place.sessionId, place.botId])).toString('base64url')
}

/** Throws `invalid_request` for anything but a cursor that was given. */
export function placeOf(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined
  try {
    const [lastTurnUs, sessionId, botId] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (Number.isSafeInteger(lastTurnUs) && isUuid(sessionId) && isUuid(botId))
      return { lastTurnUs: Number(lastTurnUs), sessionId, botId }
  } catch {}
  throw notACursor()
}

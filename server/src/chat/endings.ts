/** How a turn may end, and the events that tell it: the same ones live and, later, from the stored turn. */
import type { ChatEvent, StreamError, StreamErrorCode } from '@mevichat/protocol/chat.ts'
import { finishReasonOf, type Turn, type TurnOutcome } from '../conversations/conversations.ts'
import type { OverCap } from '../quota/quota.ts'

/** Sentences for visitors: they say what to do, and nothing of what went wrong inside. */
const messages: Record<Exclude<StreamErrorCode, 'quota_exceeded'>, string> = {
  llm_auth_failed: 'This chat is not set up completely. Please tell the site’s owner.',
  llm_unavailable: 'The answer could not be written right now. Please try again in a moment.',
  llm_timeout: 'The answer took too long. Please try again.',
  key_revoked: 'This chat has been switched off by the site’s owner.',
  server_restarting: 'The server is restarting. Please try again in a moment.',
  internal_error: 'Something went wrong on our side. Please try again.',
}

export function streamError(code: keyof typeof messages): StreamError {
  return { code, message: messages[code] }
}

export function quotaError({ plan, used, cap }: OverCap): StreamError {
  const message = 'This chat has reached its monthly limit. Please contact the site’s owner.'
  return { code: 'quota_exceeded', plan, used, cap, message }
}

/** The events after the last token. */
export function endingOf(outcome: Omit<TurnOutcome, 'trace'>): ChatEvent[] {
  const events: ChatEvent[] = []
  if (outcome.finishReason === 'blocked') {
    events.push({ event: 'blocked', data: { reason: 'blocked_pattern', fallback: outcome.answer } })
  }
  if (outcome.citations) events.push({ event: 'citations', data: { citations: outcome.citations } })
  if (outcome.error) events.push({ event: 'error', data: outcome.error })
  events.push({ event: 'done', data: { finish_reason: finishReasonOf(outcome.finishReason) } })
  return events
}

/** The events of a stored turn so far, numbered as they were when it was written. */
export function eventsOf(turn: Turn): ChatEvent[] {
  const events: ChatEvent[] = [{ event: 'meta', data: { session_id: turn.sessionId, message_id: turn.id } }]
  let start = 0
  for (const end of turn.tokenEnds) {
    events.push({ event: 'token', data: { text: turn.answer.slice(start, end) } })
    start = end
  }
  if (turn.finishReason) events.push(...endingOf({ ...turn, finishReason: turn.finishReason }))
  return events
}

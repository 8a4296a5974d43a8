/** Conversations owns what was said: sessions, their turns, and the transcript. */
import type { FinishReason } from '@mevichat/protocol/chat.ts'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { ModelMessage } from '../platform/models/models.ts'
import {
  type Exchange,
  endAbandoned,
  forgetIdempotencyKey,
  type Session,
  type SessionRef,
  selectSession,
  selectTurnsInBatches,
  type Turn,
} from './store.ts'
import type { TurnEnd } from './tables.ts'

export {
  closeTurnSql,
  deleteTurn,
  type EndValues,
  type Exchange,
  historySql,
  keepProgress,
  markStopped,
  type NewTurn,
  openTurnSql,
  rateTurn,
  type SessionRef,
  selectTrace as findTrace,
  selectTurn as findTurn,
  selectTurnByIdempotencyKey as findTurnByIdempotencyKey,
  type Turn,
  type TurnOutcome,
  type TurnValues,
  valuesOfEnd,
  valuesOfTurn,
} from './store.ts'
export type { AnswerTrace, TurnEnd } from './tables.ts'

/**
 * Clears what keeps a turn from being opened though nobody is writing one: the turn of a process that died, and an
 * Idempotency-Key of long ago. False when there was nothing to clear.
 */
export async function clearTheWay(
  { db }: { db: Db },
  ref: SessionRef,
  idempotencyKey: string | null,
): Promise<boolean> {
  const abandoned = await endAbandoned(db, 'expired', ref)
  const forgotten = idempotencyKey === null ? 0 : await forgetIdempotencyKey(db, ref, idempotencyKey)
  return abandoned + forgotten > 0
}

/** Ends turns whose process died: those without a sign of life, or, for a process that knows itself the only one, all. */
export async function closeAbandoned({ db }: { db: Db }, which: 'expired' | 'all'): Promise<number> {
  return endAbandoned(db, which)
}

/** What callers are told: a turn that was cut off ended in an error. */
export function finishReasonOf(end: TurnEnd): FinishReason {
  return end === 'incomplete' ? 'error' : end
}

/** The last exchanges, given newest first, as messages, oldest first: as many whole ones as fit into `maxTokens`. */
export function historyFrom(exchanges: readonly Exchange[], maxTokens: number): ModelMessage[] {
  const history: ModelMessage[] = []
  let tokens = 0
  for (const { question, answer } of exchanges) {
    tokens += estimateTokens(question) + estimateTokens(answer)
    if (tokens > maxTokens) break
    history.unshift({ role: 'user', content: question }, { role: 'assistant', content: answer })
  }
  return history
}

/** On the safe side for every tokenizer: four ASCII characters, or one of any other kind, a token. */
function estimateTokens(text: string): number {
  let ascii = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 128) ascii++
  return Math.ceil(ascii / 4) + (text.length - ascii)
}

/**
 * The transcript of a session as JSON text in pieces, so that its length is no matter of memory.
 * Null when the workspace has no such session.
 */
export async function exportTranscript(
  ports: { db: Db },
  workspaceId: WorkspaceId,
  sessionId: string,
  botId: BotId | null,
): Promise<AsyncIterable<string> | null> {
  const session = await selectSession(ports.db, workspaceId, sessionId, botId)
  return session && transcriptOf(ports, session)
}

/** One line of JSON in pieces. */
export async function* transcriptOf(
  { db }: { db: Db },
  session: Session,
  { withRatings = false }: { withRatings?: boolean } = {},
): AsyncGenerator<string> {
  const head = {
    session_id: session.sessionId,
    bot_id: session.botId,
    visitor_id: session.visitorId,
    visitor_metadata: session.visitorMetadata,
    created_at: session.createdAt.toISOString(),
  }
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`
  let separator = ''
  for await (const batch of selectTurnsInBatches(db, session)) {
    yield separator + batch.flatMap((turn) => messagesOf(turn, withRatings)).join(',')
    separator = ','
  }
  yield ']}'
}

function messagesOf(turn: Turn, withRatings: boolean): string[] {
  const question = {
    id: turn.questionId,
    role: 'user',
    content: turn.question,
    created_at: turn.createdAt.toISOString(),
  }
  const answer = {
    id: turn.id,
    role: 'assistant',
    content: turn.answer,
    created_at: (turn.endedAt ?? turn.createdAt).toISOString(),
    ...(turn.finishReason && { finish_reason: finishReasonOf(turn.finishReason) }),
    ...(turn.citations && { citations: turn.citations }),
    ...(withRatings && turn.rating && { rating: turn.rating }),
  }
  return [JSON.stringify(question), JSON.stringify(answer)]
}

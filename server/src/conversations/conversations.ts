/** Conversations owns what was said: sessions, their turns, and the transcript. */
import type { FinishReason } from '@mevichat/protocol/chat.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { ModelMessage } from '../platform/models/models.ts'
import {
  endAbandoned,
  endTurn,
  forgetIdempotencyKey,
  insertTurn,
  type NewTurn,
  type SessionRef,
  selectHistory,
  selectSession,
  selectTurnsAfter,
  type Turn,
  type TurnOutcome,
} from './store.ts'
import type { TurnEnd } from './tables.ts'

export {
  keepProgress,
  markStopped,
  type Progress,
  type SessionRef,
  selectTurn as findTurn,
  selectTurnByIdempotencyKey as findTurnByIdempotencyKey,
  type Turn,
  type TurnOutcome,
} from './store.ts'
export type { TurnEnd } from './tables.ts'

/**
 * Stores the question and gives the `message_id` of its answer. Throws `turn_in_progress` while another answer of the
 * session is being written, or when one is kept under the same Idempotency-Key.
 */
export async function openTurn({ db }: { db: Db }, ref: SessionRef, turn: NewTurn): Promise<number> {
  const id = await insertTurn(db, ref, turn)
  if (id !== null) return id
  // The one in progress may be that of a process which died, or the Idempotency-Key one of long ago.
  const cleared =
    (await endAbandoned(db, 'expired', ref)) +
    (turn.idempotencyKey ? await forgetIdempotencyKey(db, ref, turn.idempotencyKey) : 0)
  const second = cleared > 0 ? await insertTurn(db, ref, turn) : null
  if (second === null) throw fail('turn_in_progress')
  return second
}

/** Stores how the turn ended; false when that was stored before or the conversation is gone. */
export async function closeTurn(
  { db }: { db: Db },
  ref: SessionRef,
  id: number,
  outcome: TurnOutcome,
): Promise<boolean> {
  return endTurn(db, ref, id, outcome)
}

/** Ends turns whose process died: those without a sign of life, or, for a process that knows itself the only one, all. */
export async function closeAbandoned({ db }: { db: Db }, which: 'expired' | 'all'): Promise<number> {
  return endAbandoned(db, which)
}

/** What callers are told: a turn that was cut off ended in an error. */
export function finishReasonOf(end: TurnEnd): FinishReason {
  return end === 'incomplete' ? 'error' : end
}

const maxHistoryTurns = 20

/** The session's last exchanges before `messageId`, oldest first, as many whole ones as fit into `maxTokens`. */
export async function historyOf(
  { db }: { db: Db },
  ref: SessionRef,
  messageId: number,
  maxTokens: number,
): Promise<ModelMessage[]> {
  const history: ModelMessage[] = []
  let tokens = 0
  for (const { question, answer } of await selectHistory(db, ref, messageId, maxHistoryTurns)) {
    tokens += estimateTokens(question) + estimateTokens(answer)
    if (tokens > maxTokens) break
    history.unshift({ role: 'user', content: question }, { role: 'assistant', content: answer })
  }
  return history
}

/** On the safe side for every tokenizer: four ASCII characters, or one of any other kind, a token. */
export function estimateTokens(text: string): number {
  let ascii = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 128) ascii++
  return Math.ceil(ascii / 4) + (text.length - ascii)
}

const exportBatch = 200

/**
 * The transcript of a session as JSON text in pieces, so that its length is no matter of memory.
 * Null when the workspace has no such session.
 */
export async function exportTranscript(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  sessionId: string,
  botId: BotId | null,
): Promise<AsyncIterable<string> | null> {
  const session = await selectSession(db, workspaceId, sessionId, botId)
  if (!session) return null
  const head = {
    session_id: session.sessionId,
    bot_id: session.botId,
    visitor_id: session.visitorId,
    visitor_metadata: session.visitorMetadata,
    created_at: session.createdAt.toISOString(),
  }
  return (async function* () {
    yield `${JSON.stringify(head).slice(0, -1)},"messages":[`
    let lastId = 0
    for (;;) {
      const batch = await selectTurnsAfter(db, session, lastId, exportBatch)
      if (batch.length > 0) yield `${lastId === 0 ? '' : ','}${batch.flatMap(messagesOf).join(',')}`
      lastId = batch.at(-1)?.id ?? lastId
      if (batch.length < exportBatch) break
    }
    yield ']}'
  })()
}

function messagesOf(turn: Turn): string[] {
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
  }
  return [JSON.stringify(question), JSON.stringify(answer)]
}

/** Asking: starts an answer, or joins the one that is kept under the same Idempotency-Key, and sends it to the reader. */
import { findTurn, findTurnByIdempotencyKey, type Turn } from '../conversations/conversations.ts'
import { fail, Refusal } from '../platform/fail.ts'
import type { EventStream } from '../platform/http/sse.ts'
import { answer, type ChatPorts, type Question } from './chat.ts'
import { type FollowPorts, follow } from './follow.ts'

export type AskPorts = ChatPorts & FollowPorts

/** `openStream` is called once it is sure that there is an answer to send; a refusal before is thrown. */
export async function ask(ports: AskPorts, question: Question, openStream: () => EventStream): Promise<void> {
  let newest: number | null = null
  for (let tries = 1; ; tries++) {
    const twin = await newestTwin(ports, question)
    if (twin && isKept(twin)) return follow(ports, twin, 0, openStream())
    // While twins come and fail this one waits for its turn; there are as many as requests.
    if (twin && twin.id !== newest) [newest, tries] = [twin.id, 1]
    try {
      const live = await ports.liveTurns.start(question.ref, (control) => answer(ports, question, control))
      const stream = openStream()
      return stream.onClose(live.follow(0, stream))
    } catch (error) {
      const isRefused = error instanceof Refusal && error.code === 'turn_in_progress'
      // A twin may have come between the look and the start, or have been taken back.
      if (!isRefused || question.idempotencyKey === null || tries === maxTries) throw error
    }
  }
}

const maxTries = 5
const pollMs = 50

/** The last turn under the request's Idempotency-Key. Throws `idempotency_conflict` when it answers another message. */
async function newestTwin(ports: AskPorts, { ref, keyId, idempotencyKey, message }: Question): Promise<Turn | null> {
  if (!idempotencyKey || !keyId) return null
  for (;;) {
    const turn = await findTurnByIdempotencyKey(ports.db, ref, keyId, idempotencyKey)
    if (turn && turn.question !== message) throw fail('idempotency_conflict')
    // One that has only just been stored is taken back where the plan has no place for it.
    const isSure = !turn?.isFresh || turn.finishReason !== null || ports.liveTurns.find(turn, turn.id)
    if (isSure) return turn
    await ports.clock.sleep(pollMs)
  }
}

/** Whether it is to be joined or replayed; one that failed runs again. */
function isKept({ finishReason, isAbandoned }: Turn): boolean {
  return finishReason === null ? !isAbandoned : ['stop', 'length', 'blocked'].includes(finishReason)
}

/** A turn by its id. Throws `session_not_found` when the conversation has none such. */
export async function requireTurn({ db }: AskPorts, ref: Question['ref'], messageId: unknown): Promise<Turn> {
  const turn =
    typeof messageId === 'number' && Number.isSafeInteger(messageId) ? await findTurn(db, ref, messageId) : null
  if (!turn) throw fail('session_not_found')
  return turn
}

/** Following an answer: in this process as it is written, or from the database when it has ended or another process writes it. */
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { findTurn, type SessionRef, type Turn } from '../conversations/conversations.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { EventStream } from '../platform/http/sse.ts'
import { eventsOf, streamError } from './endings.ts'
import type { LiveTurns } from './live-turns.ts'

const pollMs = 400

export interface FollowPorts {
  db: Db
  clock: Clock
  liveTurns: LiveTurns
}

/** Sends the turn's events after `afterId` until it has ended or the reader is gone. */
export function follow(ports: FollowPorts, turn: Turn, afterId: number, stream: EventStream): void {
  const live = ports.liveTurns.find(turn, turn.id)
  if (live) stream.onClose(live.follow(afterId, stream))
  else void followStored(ports, turn, afterId, stream)
}

async function followStored(
  { db, clock }: FollowPorts,
  turn: Turn,
  afterId: number,
  stream: EventStream,
): Promise<void> {
  const gone = new AbortController()
  stream.onClose(() => gone.abort())
  const ref: SessionRef = turn
  let sent = afterId
  let current: Turn | null = turn
  try {
    while (!gone.signal.aborted) {
      if (!current || (!current.endedAt && isAbandoned(current, clock))) {
        const error = encodeEvent(sent + 1, 'error', streamError('internal_error'))
        stream.write(`${error}${encodeEvent(sent + 2, 'done', { finish_reason: 'error' })}`)
        break
      }
      const events = eventsOf(current)
      const frames = events.slice(sent).map(({ event, data }, at) => encodeEvent(sent + at + 1, event, data))
      if (frames.length > 0) stream.write(frames.join(''))
      sent = Math.max(sent, events.length)
      if (current.endedAt) break
      await clock.sleep(pollMs, gone.signal)
      current = await findTurn(db, ref, turn.id)
    }
  } catch {
    // The reader has gone or the database has: either way it asks again.
  } finally {
    stream.end()
  }
}

/** Whether its writer has died; some seconds are granted to a database whose clock is another. */
function isAbandoned(turn: Turn, clock: Clock): boolean {
  return turn.leaseUntil.getTime() + 5_000 < clock.now()
}

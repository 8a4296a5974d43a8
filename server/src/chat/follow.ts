/** Following an answer: in this process as it is written, or from the database when it has ended or another process writes it. */
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { findTurn, type SessionRef, type Turn } from '../conversations/conversations.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { EventStream } from '../platform/http/sse.ts'
import { eventsOf, streamError } from './endings.ts'
import { type LiveTurns, piece } from './live-turns.ts'

const pollMs = 400
/** How often in a row the database may fail to answer before the reader is told. */
const maxFailures = 10

export interface FollowPorts {
  patientDb: Db
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
  { patientDb, clock }: FollowPorts,
  turn: Turn,
  afterId: number,
  stream: EventStream,
): Promise<void> {
  const gone = new AbortController()
  stream.onClose(() => gone.abort())
  const ref: SessionRef = turn
  let sent = afterId
  let current: Turn | null = turn
  let failures = 0
  while (!gone.signal.aborted) {
    const events = current ? eventsOf(current) : []
    const frames = events.slice(sent).map(({ event, data }, at) => encodeEvent(sent + at + 1, event, data))
    await writeAll(frames, stream, gone.signal)
    sent = Math.max(sent, events.length)
    if (current?.endedAt) break
    if (!current || current.isAbandoned || failures > maxFailures) {
      const error = encodeEvent(sent + 1, 'error', streamError('internal_error'))
      stream.write(`${error}${encodeEvent(sent + 2, 'done', { finish_reason: 'error' })}`)
      break
    }
    try {
      await clock.sleep(pollMs, gone.signal)
      current = await findTurn(patientDb, ref, turn.id)
      failures = 0
    } catch {
      failures++
    }
  }
  stream.end()
}

/** As fast as the reader takes it, or until it is gone. */
async function writeAll(frames: readonly string[], stream: EventStream, gone: AbortSignal): Promise<void> {
  for (let next = 0; next < frames.length && !gone.aborted; ) {
    const part = piece(frames, next)
    next += part.length
    if (stream.write(part.join('')) || gone.aborted) continue
    await new Promise<void>((resolve) => stream.onDrain(resolve))
  }
}

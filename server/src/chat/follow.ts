/** Following an answer: in this process as it is written, or from the database when it has ended or another process writes it. */
import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { findTurn, type SessionRef, type Turn } from '../conversations/conversations.ts'
import { isRevoked } from '../keys/keys.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { EventStream } from '../platform/http/sse.ts'
import type { KeyId } from '../platform/id.ts'
import { endingOf, eventsOf, streamError } from './endings.ts'
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

/** Likewise, for as long as the reader's key is good, be the turn another key's. */
export function followWithKey(
  ports: FollowPorts,
  turn: Turn,
  afterId: number,
  keyId: KeyId,
  stream: EventStream,
): void {
  follow(ports, turn, afterId, keyId === turn.keyId ? stream : endedWithKey(ports, turn, afterId, keyId, stream))
}

/** The answer goes on when the key is revoked: it is this reader alone who is told so. */
function endedWithKey(
  { patientDb, clock }: FollowPorts,
  { workspaceId }: Turn,
  afterId: number,
  keyId: KeyId,
  stream: EventStream,
): EventStream {
  let sent = afterId
  let hasEnded = false
  const gone = new AbortController()
  stream.onClose(() => gone.abort())
  async function watch() {
    while (!gone.signal.aborted) {
      await clock.sleep(pollMs, gone.signal)
      if (!(await isRevoked({ db: patientDb }, workspaceId, keyId).catch(() => false))) continue
      hasEnded = true
      stream.write(failureFrames(sent, 'key_revoked'))
      return stream.end()
    }
  }
  watch().catch(() => {})
  return {
    write(frames) {
      if (hasEnded) return false
      sent += frames.split('\n\n').length - 1
      return stream.write(frames)
    },
    onDrain: (listener) => stream.onDrain(listener),
    onClose: (listener) => stream.onClose(listener),
    end() {
      gone.abort()
      if (!hasEnded) stream.end()
    },
  }
}

function failureFrames(sent: number, code: 'internal_error' | 'key_revoked'): string {
  const error = encodeEvent(sent + 1, 'error', streamError(code))
  return `${error}${encodeEvent(sent + 2, 'done', { finish_reason: 'error' })}`
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
    const events = current ? unseenOf(current, sent) : []
    const frames = events.map(({ event, data }, at) => encodeEvent(sent + at + 1, event, data))
    await writeAll(frames, stream, gone.signal)
    sent += events.length
    if (current?.endedAt) break
    if (!current || current.isAbandoned || failures > maxFailures) {
      stream.write(failureFrames(sent, 'internal_error'))
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

/** Of an answer that was cut off less may be stored than was sent: its reader still learns how it ended. */
function unseenOf(turn: Turn, sent: number): ChatEvent[] {
  const events = eventsOf(turn)
  if (sent <= events.length || !turn.finishReason) return events.slice(sent)
  return endingOf({ ...turn, finishReason: turn.finishReason })
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

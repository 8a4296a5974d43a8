import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { silentLog } from '../platform/log.ts'
import { LiveTurns } from './live-turns.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await (lanes[0]?.open() ?? Promise.reject(new Error('no lane')))
})
afterAll(() => database[Symbol.asyncDispose]())

const ref = { workspaceId: 'w' as WorkspaceId, botId: 'b' as BotId, sessionId: 's' }
const words = Array.from({ length: 9_000 }, (_, at) => `word${at} `)

async function* speaking(more: Promise<void>): AsyncGenerator<ChatEvent> {
  yield { event: 'meta', data: { session_id: 's', message_id: 1 } }
  for (const text of words) yield { event: 'token', data: { text } }
  await more
  yield { event: 'done', data: { finish_reason: 'stop' } }
}

test('a reader who comes late is sent what was missed as fast as it takes it, and then what comes', async () => {
  const live = new LiveTurns({ db: database.db, log: silentLog })
  const { promise: more, resolve: goOn } = Promise.withResolvers<void>()
  const turn = await live.start(ref, () => speaking(more))
  // All of it is written before anybody reads.
  while (!framesOf(turn).includes('word8999 ')) await new Promise(setImmediate)

  let seen = ''
  let mostAtOnce = 0
  let drained: (() => void) | null = null
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  turn.follow(0, {
    write(frames) {
      seen += frames
      mostAtOnce = Math.max(mostAtOnce, frames.length)
      return false
    },
    onDrain: (listener) => {
      drained = listener
    },
    end,
  })
  goOn()
  await live.whenIdle()
  expect(seen).not.toContain('word8999 ')
  while (drained) {
    const listener: () => void = drained
    drained = null
    listener()
  }
  await ended
  expect(seen).toBe(framesOf(turn))
  expect(mostAtOnce).toBeLessThan(64 * 1024)
})

/** All that the turn has said, as a reader without end takes it. */
function framesOf(turn: Awaited<ReturnType<LiveTurns['start']>>): string {
  let frames = ''
  const stop = turn.follow(0, {
    write(more) {
      frames += more
      return true
    },
    onDrain: () => {},
    end: () => {},
  })
  stop()
  return frames
}

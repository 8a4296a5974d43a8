import { describe, expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { openHostGate } from './host-gate.ts'

/** Time that passes only when somebody sleeps, and then at once. */
function fakeClock(): Pick<Clock, 'monotonicMs' | 'sleep'> {
  let now = 1_000
  return {
    monotonicMs: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      const until = now + ms
      await Promise.resolve()
      now = Math.max(now, until)
    },
  }
}

const never = new AbortController().signal

describe('a host gate', () => {
  test('two of a host are inside at a time, and another host is not held up', async () => {
    const gate = openHostGate(fakeClock())
    const passes = [await gate.enter('a', 0, never), await gate.enter('a', 0, never)]
    let isInside = false
    const third = gate.enter('a', 0, never).then((pass) => {
      isInside = true
      return pass
    })
    await gate.enter('b', 0, never)
    expect(isInside).toBe(false)
    passes[0]?.[Symbol.dispose]()
    await third
    expect(isInside).toBe(true)
  })

  test('who comes while another waits does not overtake', async () => {
    const gate = openHostGate(fakeClock())
    const [one] = [await gate.enter('a', 0, never), await gate.enter('a', 0, never)]
    const came: string[] = []
    const second = gate.enter('a', 0, never).then(() => came.push('second'))
    one?.[Symbol.dispose]()
    void gate.enter('a', 0, never).then(() => came.push('third'))
    await second
    expect(came).toEqual(['second'])
  })

  test('each begins the pause after the one before, also once that has left', async () => {
    const clock = fakeClock()
    const gate = openHostGate(clock)
    const began: number[] = []
    for (let n = 0; n < 3; n++) {
      using _pass = await gate.enter('a', 250, never)
      began.push(clock.monotonicMs())
    }
    expect(began).toEqual([1_000, 1_250, 1_500])
    expect(gate.waitMs('a')).toBe(250)
    expect(gate.waitMs('b')).toBe(0)
  })

  test('one who is called off leaves no place taken', async () => {
    const gate = openHostGate(fakeClock())
    const passes = [await gate.enter('a', 0, never), await gate.enter('a', 0, never)]
    const calling = new AbortController()
    const called = gate.enter('a', 0, calling.signal)
    calling.abort(new Error('stop'))
    await expect(called).rejects.toThrow('stop')
    for (const pass of passes) pass[Symbol.dispose]()
    await gate.enter('a', 0, never)
    await gate.enter('a', 0, never)
  })
})

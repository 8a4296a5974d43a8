/** How often one host is asked: two requests at a time, with a pause between their beginnings, whoever in this process asks. */
import type { Clock } from './clock.ts'

const maxAtOnce = 2

interface Door {
  inside: number
  /** On the clock's monotonic time. */
  opensAt: number
  waiting: (() => void)[]
}

export interface HostGate {
  /** Resolves when `host` may be asked; dispose of the pass when it has answered. Rejects when the signal is aborted. */
  enter(host: string, delayMs: number, signal: AbortSignal): Promise<Disposable>
  /** How long somebody who came now would wait for the pause alone. */
  waitMs(host: string): number
}

export function openHostGate(clock: Pick<Clock, 'monotonicMs' | 'sleep'>): HostGate {
  const doors = new Map<string, Door>()

  function waitMs(host: string): number {
    return Math.max(0, (doors.get(host)?.opensAt ?? 0) - clock.monotonicMs())
  }

  function leave(host: string, door: Door): void {
    door.inside--
    door.waiting.shift()?.()
    if (door.inside === 0 && door.waiting.length === 0 && waitMs(host) === 0) doors.delete(host)
  }

  /** Hosts that nobody asks any more are forgotten. */
  function forget(): void {
    for (const [host, door] of doors) {
      if (door.inside === 0 && door.waiting.length === 0 && waitMs(host) === 0) doors.delete(host)
    }
  }

  return {
    waitMs,
    async enter(host, delayMs, signal) {
      signal.throwIfAborted()
      if (doors.size > 1_000) forget()
      const door = doors.get(host) ?? { inside: 0, opensAt: 0, waiting: [] }
      doors.set(host, door)
      // Who waits is handed the place of the one who leaves, so that nobody slips in between.
      if (door.inside < maxAtOnce && door.waiting.length === 0) door.inside++
      else await turn(door, signal)
      try {
        const ms = waitMs(host)
        door.opensAt = Math.max(door.opensAt, clock.monotonicMs()) + delayMs
        if (ms > 0) await clock.sleep(ms, signal)
      } catch (error) {
        leave(host, door)
        throw error
      }
      return { [Symbol.dispose]: () => leave(host, door) }
    },
  }
}

function turn(door: Door, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTurn = () => {
      signal.removeEventListener('abort', onAbort)
      door.inside++
      resolve()
    }
    const onAbort = () => {
      door.waiting.splice(door.waiting.indexOf(onTurn), 1)
      reject(signal.reason)
    }
    door.waiting.push(onTurn)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** A clock that runs as any other does and can be put forward, so that no test waits for a timeout. */
import { type Clock, systemClock } from '../../server/src/platform/clock.ts'

export interface SkippableClock extends Clock {
  skip(ms: number): void
}

export function skippableClock(): SkippableClock {
  let skipped = 0
  const sleepers = new Set<() => void>()
  return {
    now: () => systemClock.now() + skipped,
    monotonicMs: () => systemClock.monotonicMs() + skipped,
    async sleep(ms, signal) {
      const due = systemClock.monotonicMs() + skipped + ms
      for (;;) {
        const left = due - systemClock.monotonicMs() - skipped
        if (left <= 0) return
        const woken = new AbortController()
        const wake = () => woken.abort()
        sleepers.add(wake)
        const either = signal ? AbortSignal.any([signal, woken.signal]) : woken.signal
        await systemClock.sleep(left, either).catch(() => signal?.throwIfAborted())
        sleepers.delete(wake)
      }
    },
    skip(ms) {
      skipped += ms
      for (const wake of sleepers) wake()
    },
  }
}

/** Imported into a server before its own code: at each SIGUSR2 it says for how long at most the event loop stood still since the one before. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

// Threads import it too.
if (isMainThread) {
  const resolution = 1
  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  process.on('SIGUSR2', () => {
    // What is measured is the time from one tick to the next.
    process.stdout.write(`${JSON.stringify({ stallMs: Math.max(0, delays.max / 1e6 - resolution) })}\n`)
    delays.reset()
  })
}

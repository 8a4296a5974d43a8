import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { startApp } from '../testing/app.ts'
import { lanes } from '../testing/database.ts'
import { saveBot } from './bots/bots.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { keepFile } from './sources/files.ts'
import { startWorker } from './worker.ts'

/** Sleeps are over when the test says so. */
function turnedByHand(): Clock & { turn(): void } {
  const wakers = new Set<() => void>()
  return {
    ...systemClock,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        wakers.add(resolve)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
    turn() {
      for (const wake of wakers) wake()
      wakers.clear()
    },
  }
}

test.each(lanes)('$name › the next upkeep after a bot is deleted takes its files away', async (lane) => {
  await using app = await startApp(lane)
  const tenant = await app.tenant()
  await keepFile(app.ports, tenant, Readable.from([Buffer.from('A note.')]))
  const folder = join(app.ports.dataDir, 'files', tenant.workspaceId, tenant.botId)
  const clock = turnedByHand()
  await using _worker = await startWorker({ ...app.ports, clock })
  await saveBot(app.ports, tenant.workspaceId, { name: 'Bot', deletedAt: new Date() })
  expect(existsSync(folder)).toBe(true)
  clock.turn()
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 20_000)
})

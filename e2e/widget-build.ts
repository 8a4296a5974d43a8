/** The widget as it is served: built once, whichever test comes first. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { buildFrontEnds, isStale } from '../scripts/build.ts'

const lock = join(import.meta.dirname, '../.cache/widget-build.lock')

export async function ensureWidget(): Promise<void> {
  mkdirSync(join(lock, '..'), { recursive: true })
  for (const deadline = Date.now() + 50_000; existsSync(lock) && Date.now() < deadline; ) await wait(100)
  if (!isStale()) return
  mkdirSync(lock, { recursive: true })
  try {
    await buildFrontEnds()
  } finally {
    rmdirSync(lock)
  }
}

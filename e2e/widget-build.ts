/** The widget as it is served: built once, whichever test comes first. */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { build } from 'vite'
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
    rmSync(lock, { recursive: true, force: true })
  }
}

/** One module of the widget as a classic script that sets a global of that name. */
export async function bundleForPage(entry: string, name: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: { write: false, minify: false, lib: { entry, name, formats: ['iife'] } },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const chunk = bundle && 'output' in bundle ? bundle.output[0] : null
  if (!chunk) throw new Error(`${entry} gave nothing.`)
  return chunk.code
}

/** Builds the front ends and refuses what is heavier than its budget: `node scripts/build.ts [--if-stale]`. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Rolldown } from 'vite'
import { root } from './front-ends/bundle.ts'
import { buildDashboard, dashboardBudgets, dashboardInputs, weighDashboard } from './front-ends/dashboard.ts'
import { buildWidget, weighWidget, widgetBudgets, widgetInputs } from './front-ends/widget.ts'

interface FrontEnd {
  inputs: string[]
  build(outDir: string): Promise<Rolldown.OutputChunk[]>
  weigh(chunks: Rolldown.OutputChunk[]): Record<string, Rolldown.OutputChunk[]>
  /** Bytes after gzip, level 9. */
  budgets: Record<string, number>
}

const frontEnds: Record<string, FrontEnd> = {
  widget: { inputs: widgetInputs, build: buildWidget, weigh: weighWidget, budgets: widgetBudgets },
  dashboard: { inputs: dashboardInputs, build: buildDashboard, weigh: weighDashboard, budgets: dashboardBudgets },
}

const stamp = 'inputs.sha256'

/** Whether an input changed since the last build, judged by content: a checkout changes times, not bytes. */
export function isStale(): boolean {
  return Object.keys(frontEnds).some(isOneStale)
}

function isOneStale(name: string): boolean {
  try {
    return readFileSync(join(root, name, 'dist', stamp), 'utf8') !== inputHash(name)
  } catch {
    return true
  }
}

/** Builds what is stale into `widget/dist/` and `dashboard/dist/`. Throws when a budget is exceeded. */
export async function buildFrontEnds({ isForced = false } = {}): Promise<void> {
  for (const [name, { build, weigh, budgets }] of Object.entries(frontEnds)) {
    if (!isForced && !isOneStale(name)) continue
    // Built aside and moved into place whole: a server or a test beside it never sees half a build.
    const draft = join(root, `.cache/${name}-${process.pid}`)
    const hash = inputHash(name)
    const chunks = await build(draft)
    refuseOverweight(name, weigh(chunks), budgets)
    writeFileSync(join(draft, stamp), hash)
    const out = join(root, name, 'dist')
    rmSync(out, { recursive: true, force: true })
    renameSync(draft, out)
  }
}

function refuseOverweight(
  name: string,
  parts: Record<string, Rolldown.OutputChunk[]>,
  budgets: Record<string, number>,
) {
  for (const [part, chunks] of Object.entries(parts)) {
    const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
    const budget = budgets[part] ?? 0
    console.log(`${String(bytes).padStart(7)} B of ${budget} B gzip  ${name}: ${part}`)
    if (bytes > budget) throw new Error(`${name} is too heavy: ${part} is ${bytes} bytes, ${budget} are allowed.`)
  }
}

function inputHash(name: string): string {
  const hash = createHash('sha256')
  const files = globSync([...(frontEnds[name]?.inputs ?? []), 'scripts/front-ends/*.ts', 'package-lock.json'], {
    cwd: root,
  })
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

if (process.argv[1] === import.meta.filename) await buildFrontEnds({ isForced: !process.argv.includes('--if-stale') })

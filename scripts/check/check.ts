/** Runs the parts of the check, as many at a time as there are cores, and prints how each went. */
import { availableParallelism } from 'node:os'
import { type Part, parts } from './parts.ts'

export interface Totals {
  passed: number
  failed: number
}

/** Never throws: a part that cannot run has failed. */
export async function check(): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0 }
  const waiting = [...parts]
  async function work(): Promise<void> {
    for (let part = waiting.shift(); part; part = waiting.shift()) totals[await examine(part)]++
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return totals
}

async function examine({ name, remedy, findFaults }: Part): Promise<keyof Totals> {
  const start = performance.now()
  const faults = await findFaults().catch((error: unknown) => String(error))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (faults === '') {
    console.log(`✓ ${name} (${seconds} s)`)
    return 'passed'
  }
  console.log(`✗ ${name} (${seconds} s)\n${faults}\n→ ${remedy}\n`)
  return 'failed'
}

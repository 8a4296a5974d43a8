/**
 * What the evals share: `npm run eval:NAME -- DIR [--json]`, a table for people, and with `--json` a line for machines of
 * each set, the last that is said. A wrong or empty DIR is refused in a sentence, with 64 (sysexits.h).
 */
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** Its message is for whoever typed the command. */
export class UsageError extends Error {}

export interface Scores {
  set: string
  /** Null where it does not apply. */
  [measure: string]: string | number | null
}

/** `options` may be given as `--name VALUE` beside `--json`. */
export async function runEval(
  name: string,
  options: readonly string[],
  scoresOf: (dir: string, values: Partial<Record<string, string>>) => Promise<Scores[]>,
): Promise<void> {
  const usage = `npm run eval:${name} -- DIR [--json]${options.map((option) => ` [--${option} VALUE]`).join('')}`
  try {
    const { dir, isForMachines, values } = argumentsOf(options, usage)
    const scores = (await scoresOf(dir, values)).map(rounded)
    console.table(scores)
    if (isForMachines) for (const one of scores) console.log(JSON.stringify(one))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    process.exitCode = 64
  }
}

function argumentsOf(options: readonly string[], usage: string) {
  const parsed = parse(options, usage)
  const { json, ...values } = parsed.values
  const [dir, ...more] = parsed.positionals
  if (!dir || more.length > 0) throw new UsageError(`Usage: ${usage}`)
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`There is no folder ${dir}.`)
  return { dir, isForMachines: json === true, values: values as Partial<Record<string, string>> }
}

function parse(options: readonly string[], usage: string) {
  const ofText = Object.fromEntries(options.map((option) => [option, { type: 'string' as const }]))
  try {
    return parseArgs({ allowPositionals: true, options: { ...ofText, json: { type: 'boolean' } } })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`)
  }
}

function rounded(scores: Scores): Scores {
  const kept = Object.entries(scores).filter(([, value]) => value !== null)
  return Object.fromEntries(
    kept.map(([key, value]) => [key, typeof value === 'number' ? Number(value.toFixed(4)) : value]),
  ) as Scores
}

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** The share of those of which it holds; null of none. */
export function share<T>(of: readonly T[], holds: (one: T) => boolean): number | null {
  return of.length > 0 ? of.filter(holds).length / of.length : null
}

/** Does the work of every item, so many at the same time, and gives the results in their order. */
export async function eachOf<T, Result>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [at, item] of waiting) results[at] = await work(item)
    }),
  )
  return results
}

/** Rows of a bench: printed as a table, and kept in `bench/results.json` beside those of the other benches. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Row {
  bench: string
  case: string
  value: number
  unit: string
  /** To the reference that the bench names; null where there is none. */
  ratio: number | null
}

/** Other than usual; null is usual. */
export interface Sizes {
  /** Of the website that `ingest` reads. */
  pages: number | null
  /** Of the bots that `search` asks. */
  passages: number[] | null
}

const path = fileURLToPath(new URL('./results.json', import.meta.url))

/** A run of other sizes than usual is not kept. */
export function report(bench: string, rows: readonly Row[], { isKept = true } = {}): void {
  const width = Math.max(...rows.map((row) => row.case.length))
  console.log(`\n${bench}`)
  for (const { case: name, value, unit, ratio } of rows) {
    const shown = value >= 100 ? value.toFixed(0) : value.toPrecision(3)
    console.log(
      `  ${name.padEnd(width)}  ${shown.padStart(8)} ${unit.padEnd(10)} ${ratio === null ? '' : `${ratio.toFixed(2)}×`}`,
    )
  }
  if (!isKept) return
  const others = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Row[]).filter((row) => row.bench !== bench)
    : []
  writeFileSync(path, `${JSON.stringify([...others, ...rows], null, 2)}\n`)
}

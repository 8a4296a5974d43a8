/** `npm run bench -- NAME [--pages N] [--passages N,N]`: one bench, or all of them. With sizes of one's own nothing is kept. */
import { parseArgs } from 'node:util'
import { benchChat } from './chat.ts'
import { benchDashboard } from './dashboard.ts'
import { benchGrowth } from './growth.ts'
import { benchHold } from './hold.ts'
import { benchIngest } from './ingest.ts'
import type { Sizes } from './results.ts'
import { benchSearch } from './search.ts'
import { benchStart } from './start.ts'

const benches: Record<string, (sizes: Sizes) => Promise<void>> = {
  chat: benchChat,
  hold: benchHold,
  growth: benchGrowth,
  start: benchStart,
  ingest: benchIngest,
  search: benchSearch,
  dashboard: benchDashboard,
}

const usage = `npm run bench -- [NAME …] [--pages N] [--passages N,N]
The benches are ${Object.keys(benches).join(', ')}; without a name all of them run.`

function end(code: number, sentence: string): never {
  console.error(sentence)
  process.exit(code)
}

function readArguments() {
  const options = { pages: { type: 'string' }, passages: { type: 'string' }, help: { type: 'boolean' } } as const
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    return end(64, `${error instanceof Error ? error.message : error}\n${usage}`)
  }
}

const { positionals: names, values } = readArguments()
if (values.help) end(0, usage)
const unknown = names.find((name) => !(name in benches))
if (unknown) end(64, `There is no bench "${unknown}".\n${usage}`)
const sizes = {
  pages: values.pages ? Number(values.pages) : null,
  passages: values.passages?.split(',').map(Number) ?? null,
}
for (const [name, bench] of Object.entries(benches)) if (names.length === 0 || names.includes(name)) await bench(sizes)

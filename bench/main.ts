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

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { pages: { type: 'string' }, passages: { type: 'string' } },
})
const unknown = names.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown[0]}". There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(64)
}
const sizes = {
  pages: values.pages ? Number(values.pages) : null,
  passages: values.passages?.split(',').map(Number) ?? null,
}
for (const [name, bench] of Object.entries(benches)) if (names.length === 0 || names.includes(name)) await bench(sizes)

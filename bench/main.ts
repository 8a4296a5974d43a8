/** `npm run bench -- NAME`: one bench, or all of them. */
import { benchChat } from './chat.ts'
import { benchGrowth } from './growth.ts'
import { benchHold } from './hold.ts'
import { benchStart } from './start.ts'

const benches: Record<string, () => Promise<void>> = {
  chat: benchChat,
  hold: benchHold,
  growth: benchGrowth,
  start: benchStart,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown[0]}". There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(64)
}
for (const [name, bench] of Object.entries(benches)) if (names.length === 0 || names.includes(name)) await bench()

/** `npm run cases -- FILE`: sends every case of the file to a server of its own and says what came of each. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Case } from './expand.ts'

// npm works in the project's folder, and says where it was called.
const named = process.argv[2]
const file = named ? resolve(process.env.INIT_CWD ?? '', named) : new URL('./bad-inputs.json', import.meta.url)

function readCases(): Case[] {
  try {
    const cases: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (Array.isArray(cases)) return cases
    throw new Error('it holds no list of cases')
  } catch (error) {
    console.log(`${file} cannot be used: ${error instanceof Error ? error.message : error}`)
    console.log('0 passed, 1 failed')
    process.exit(1)
  }
}

const cases = readCases()
// Late: it brings the whole server with it.
const { openStage } = await import('./stage.ts')
await using stage = await openStage()
let failed = 0
for (const one of cases) {
  const problems = await stage.run(one).catch((error: unknown) => [String(error)])
  if (problems.length > 0) failed++
  console.log(`${problems.length > 0 ? 'FAIL' : 'ok  '} ${one?.id}  ${one?.why}`)
  for (const problem of problems) console.log(`       ${problem}`)
}
console.log(`${cases.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

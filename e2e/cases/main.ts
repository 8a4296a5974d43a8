/** `npm run cases -- FILE`: sends every case of the file to a server of its own and says what came of each. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Case } from './expand.ts'
import { openStage } from './stage.ts'

const file = process.argv[2] ? resolve(process.argv[2]) : new URL('./bad-inputs.json', import.meta.url)
const cases: Case[] = JSON.parse(readFileSync(file, 'utf8'))

await using stage = await openStage()
let failed = 0
for (const one of cases) {
  const problems = await stage.run(one)
  if (problems.length > 0) failed++
  console.log(`${problems.length > 0 ? 'FAIL' : 'ok  '} ${one.id}  ${one.why}`)
  for (const problem of problems) console.log(`       ${problem}`)
}
console.log(`${cases.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

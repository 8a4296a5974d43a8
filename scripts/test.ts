/** `npm test [-- FILTER …]`: the check, then every test in every lane that can run. Ends with `N passed, N failed`. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { check } from './check/check.ts'
import { run } from './setup.mjs'
import { findBrowser } from './test/browser.ts'
import { announceSkipped, skippedLanes, unexplained } from './test/lanes.ts'
import { outcomeOf, type Report } from './test/report.ts'

const reportPath = '.cache/vitest-report.json'
const { env } = process

async function vitest(filters: string[]): Promise<ReturnType<typeof outcomeOf>> {
  mkdirSync('.cache', { recursive: true })
  rmSync(reportPath, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const exitCode = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...filters])
  const report: Report | null = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : null
  return outcomeOf(report, exitCode)
}

const totals = { passed: 0, failed: 0 }
function add({ passed, failed }: typeof totals): void {
  totals.passed += passed
  totals.failed += failed
}
function refuse(sentence: string): void {
  console.log(`✗ ${sentence}`)
  totals.failed++
}

add(await check())
try {
  env.MEVICHAT_TEST_BROWSER = await findBrowser(env)
} catch (error) {
  refuse(String(error))
}

const missing = skippedLanes(env)
const outcome = await vitest(process.argv.slice(2))
add(outcome)

announceSkipped(missing)
for (const test of outcome.skipped) console.log(`SKIPPED: ${test}`)
if (env.CI) for (const test of unexplained(outcome.skipped, missing)) refuse(`CI skips nothing, but skipped ${test}`)
if (env.MEVICHAT_TEST_ALL_LANES) for (const name of missing) refuse(`the ${name} lane was skipped`)

console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 ? 1 : 0

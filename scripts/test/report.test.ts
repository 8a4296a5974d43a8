import { expect, test } from 'vitest'
import { skippedLanes, unexplained } from './lanes.ts'
import { outcomeOf } from './report.ts'

function file(status: string, ...tests: [name: string, status: string][]) {
  return { name: 'x.test.ts', status, assertionResults: tests.map(([fullName, one]) => ({ fullName, status: one })) }
}

test('outcomeOf › counts tests over all files and names those that did not run', () => {
  const report = {
    testResults: [
      file('passed', ['a', 'passed'], ['b', 'passed'], ['c', 'skipped']),
      file('failed', ['d', 'failed'], ['e', 'todo']),
    ],
  }
  expect(outcomeOf(report, 1)).toEqual({ passed: 2, failed: 1, skipped: ['c', 'e'] })
})

test('outcomeOf › a file that fails without a failed test is one failure', () => {
  const report = { testResults: [file('passed', ['a', 'passed']), file('failed')] }
  expect(outcomeOf(report, 1)).toEqual({ passed: 1, failed: 1, skipped: [] })
})

test.each([
  ['crashed without a report', null, 134, 0],
  ['ended badly though every test passed', { testResults: [file('passed', ['a', 'passed'])] }, 1, 1],
  ['found no test', { testResults: [] }, 0, 0],
])('outcomeOf › a run that %s is one failure', (_, report, exitCode, passed) => {
  expect(outcomeOf(report, exitCode)).toEqual({ passed, failed: 1, skipped: [] })
})

test('lanes › one without its variable is skipped, and it alone explains tests of its name', () => {
  const missing = skippedLanes({ TEST_REDIS_URL: 'redis://127.0.0.1' })
  expect(missing).toEqual(['PostgreSQL'])
  expect(unexplained(['limits › Redis › 429', 'quota › PostgreSQL › once'], missing)).toEqual(['limits › Redis › 429'])
})

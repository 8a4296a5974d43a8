/** What a run of vitest came to, from the report that it writes. */

/** The part of vitest's JSON report that is read. */
export interface Report {
  testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[]
}

export interface Outcome {
  passed: number
  failed: number
  /** Full names of the tests that did not run. */
  skipped: string[]
}

/** `report` is null when vitest wrote none. Whatever went wrong without failing a test counts as one failure. */
export function outcomeOf(report: Report | null, exitCode: number): Outcome {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: [] }
  for (const { status, assertionResults } of report?.testResults ?? []) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length
    outcome.passed += assertionResults.filter((test) => test.status === 'passed').length
    outcome.failed += status === 'failed' ? Math.max(failed, 1) : failed
    for (const test of assertionResults)
      if (test.status !== 'passed' && test.status !== 'failed') outcome.skipped.push(test.fullName)
  }
  if (outcome.failed === 0 && (exitCode !== 0 || outcome.passed === 0)) outcome.failed = 1
  return outcome
}

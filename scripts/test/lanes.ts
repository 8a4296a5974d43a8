/** The lanes of the tests that need something from outside, given by a variable. */
const lanes = { PostgreSQL: 'TEST_DATABASE_URL', Redis: 'TEST_REDIS_URL' } as const

type LaneName = keyof typeof lanes

export function skippedLanes(env: NodeJS.ProcessEnv): LaneName[] {
  const names = Object.keys(lanes) as LaneName[]
  return names.filter((name) => !env[lanes[name]])
}

export function announceSkipped(names: LaneName[]): void {
  for (const name of names)
    console.log(`SKIPPED LANE: ${name}. Set ${lanes[name]} to a server of your own to run it (see CONTRIBUTING.md).`)
}

/** Skipped tests that no skipped lane explains. */
export function unexplained(skippedTests: string[], names: LaneName[]): string[] {
  return skippedTests.filter((test) => !names.some((name) => test.includes(name)))
}

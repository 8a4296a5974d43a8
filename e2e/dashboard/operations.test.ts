/** Everything that the owner's API can do can be done in the dashboard. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { operations } from '../../protocol/src/operations.ts'

/** What the dashboard needs no call for, and why. */
const exceptions: Record<string, string> = {
  listWorkspaces: 'getMe tells the same',
  listAllConversations: 'conversations are read by bot; each bot is one choice away',
}

it('the dashboard calls every declared operation, but for those with a reason', () => {
  const folder = join(import.meta.dirname, '../../dashboard/src')
  const source = globSync('**/*.{ts,tsx}', { cwd: folder, exclude: ['**/*.test.ts'] })
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
  const missing = Object.keys(operations).filter((name) => !source.includes(`'${name}'`))
  expect(missing.sort()).toEqual(Object.keys(exceptions).sort())
})

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newPgliteDir } from '../../../testing/database.ts'
import { StartProblem } from '../start-problem.ts'
import { startPglite } from './pglite.ts'

function cleared(dir: string): string {
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

it('startPglite › takes away the socket that a killed process left', async () => {
  const dataDir = cleared(newPgliteDir())
  const first = await startPglite(dataDir)
  await first.stop()
  expect(existsSync(first.socketDir)).toBe(false)
  mkdirSync(cleared(first.socketDir))
  writeFileSync(join(first.socketDir, '.s.PGSQL.5432'), '')
  const second = await startPglite(dataDir)
  expect(existsSync(first.socketDir)).toBe(false)
  expect(existsSync(second.socketDir)).toBe(true)
  await second.stop()
})

it('startPglite › says in a sentence that the database is broken, and lets the directory go', async () => {
  const dataDir = cleared(mkdtempSync(join(tmpdir(), 'mevichat-test-')))
  mkdirSync(join(dataDir, 'pglite'))
  writeFileSync(join(dataDir, 'pglite/PG_VERSION'), '17')
  for (const attempt of [1, 2]) {
    const problem = await startPglite(dataDir).catch((error: unknown) => error)
    expect(problem, `attempt ${attempt}`).toBeInstanceOf(StartProblem)
    expect(problem).toMatchObject({ message: expect.stringContaining(`${dataDir} cannot be opened: it is damaged`) })
  }
})

it.each(['', '/data'])('startPglite › names a directory that is a file%s', async (below) => {
  const file = join(cleared(mkdtempSync(join(tmpdir(), 'mevichat-test-'))), 'file')
  writeFileSync(file, '')
  await expect(startPglite(file + below)).rejects.toThrow(`The data directory ${file}${below} cannot be used: `)
})

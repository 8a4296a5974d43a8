import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

it.each([
  ['is not there', null, 'ENOENT'],
  ['is not JSON', '[', 'Unexpected end of JSON input'],
  ['holds no list', '{}', 'it holds no list of cases'],
])(
  'npm run cases -- FILE › of a file that %s says so, counts it as failed, and exits with 1',
  (_, content, problem) => {
    const folder = mkdtempSync(join(tmpdir(), 'mevichat-cases-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    if (content !== null) writeFileSync(join(folder, 'cases.json'), content)
    const main = fileURLToPath(new URL('./main.ts', import.meta.url))
    const { status, stdout } = spawnSync(process.execPath, [main, 'cases.json'], {
      env: { PATH: process.env.PATH, INIT_CWD: folder },
      encoding: 'utf8',
    })
    const lines = stdout.trim().split('\n')
    expect([status, lines[0], lines.at(-1)]).toEqual([1, expect.stringContaining(problem), '0 passed, 1 failed'])
    expect(lines[0]).toContain(`${folder}/cases.json cannot be used: `)
  },
)

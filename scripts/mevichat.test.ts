import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('npm run mevichat seed FILE › looks for the file where npm was called', async () => {
  const docs = fileURLToPath(new URL('../docs', import.meta.url))
  const command = spawn(process.execPath, ['scripts/mevichat.ts', 'seed', 'none.json'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH, INIT_CWD: docs, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, [code]] = await Promise.all([text(command.stderr), once(command, 'exit')])
  expect([code, said]).toEqual([1, `${docs}/none.json: is not there.\n`])
})

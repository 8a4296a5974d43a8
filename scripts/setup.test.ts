import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isSatisfied } from './setup.mjs'

const wanted = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/for-another-platform': { version: '1.0.0', optional: true },
}

test.each<[string, boolean, Record<string, { version: string }>]>([
  ['what is optional is absent', true, { 'node_modules/a': { version: '1.0.0' } }],
  ['a package is absent', false, {}],
  ['a package has another version', false, { 'node_modules/a': { version: '1.0.1' } }],
  [
    'an optional package has another version',
    false,
    { 'node_modules/a': { version: '1.0.0' }, 'node_modules/for-another-platform': { version: '0.9.0' } },
  ],
])('isSatisfied › where %s: %s', (_, answer, installed) => {
  expect(isSatisfied(wanted, installed)).toBe(answer)
})

const setup = JSON.stringify(new URL('./setup.mjs', import.meta.url).href)

/** Runs `script` by `run()` of setup.mjs in a process of its own, which ends with the exit code that it gave. */
function runs(script: string) {
  const code = `const { run } = await import(${setup}); process.exit(await run(process.execPath, ['-e', process.argv[1]]))`
  return spawn(process.execPath, ['--input-type=module', '-e', code, script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('run › gives the exit code of the command', async () => {
  expect(await once(runs('process.exit(78)'), 'exit')).toEqual([78, null])
})

test('run › SIGTERM reaches the command, which may end in its own way', async () => {
  const child = runs("process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1000)")
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([3, null])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
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

/** Runs `install()` with a stand-in for npm, which keeps what it was called with and then does as `script` says. */
function installing(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'mevichat-npm-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [npm, kept] = [join(folder, 'npm.cjs'), join(folder, 'calls')]
  writeFileSync(kept, '')
  const keep = `require('node:fs').appendFileSync(${JSON.stringify(kept)}, process.argv.slice(2).join(' ') + '\\n')`
  writeFileSync(npm, `${keep}\n${script}`)
  const code = `const { install } = await import(${setup}); await install()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return { child, calls: () => readFileSync(kept, 'utf8').trim().split('\n') }
}

test('install › that is told to stop does not begin anew', async () => {
  const { child, calls } = installing("console.error('up'); setInterval(() => {}, 1000)")
  const exited = once(child, 'exit')
  for await (const said of child.stderr) if (String(said).includes('up')) child.kill('SIGTERM')
  expect(await exited).toEqual([143, null])
  expect(calls()).toEqual([expect.stringMatching(/^ci /)])
})

test('install › that fails both ways says what to do, and ends with npm’s exit code', async () => {
  const { child, calls } = installing('process.exit(7)')
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(code).toBe(7)
  expect(said.trim().split('\n').at(-1)).toBe(
    'The packages could not be installed: npm says above why. Check the network, then run this again.',
  )
  expect(calls()).toEqual([expect.stringMatching(/^ci .*--fetch-retries=1 /), expect.stringMatching(/^install /)])
})

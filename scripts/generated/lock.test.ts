import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { completeLock } from './lock.ts'

const lockOf = (packages: object) => `${JSON.stringify({ lockfileVersion: 3, packages }, null, 2)}\n`

test('completeLock › writes in what npm left out, with the platform that its name says', () => {
  const tool = { version: '1.0.0', dev: true, optionalDependencies: { 'tool-darwin-arm64': '1.0.0' } }
  const { packages } = JSON.parse(completeLock(lockOf({ '': {}, 'node_modules/tool': tool })))
  expect(packages['node_modules/tool-darwin-arm64']).toEqual({
    version: '1.0.0',
    cpu: ['arm64'],
    dev: true,
    optional: true,
    os: ['darwin'],
  })
})

test('completeLock › a musl build says so', () => {
  const tool = { version: '1.0.0', optionalDependencies: { '@tool/linux-x64-musl': '1.0.0' } }
  const { packages } = JSON.parse(completeLock(lockOf({ 'node_modules/tool': tool })))
  expect(packages['node_modules/@tool/linux-x64-musl']).toMatchObject({ os: ['linux'], cpu: ['x64'], libc: ['musl'] })
})

test('completeLock › leaves a complete lock as it is, nested packages too', () => {
  const text = readFileSync('package-lock.json', 'utf8')
  expect(completeLock(text)).toBe(text)
  const nested = lockOf({
    'node_modules/tool': { version: '1.0.0', optionalDependencies: { 'tool-linux-x64': '1.0.0' } },
    'node_modules/tool/node_modules/tool-linux-x64': { version: '1.0.0', optional: true },
  })
  expect(completeLock(nested)).toBe(nested)
})

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSecrets } from './secrets.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-secrets-'))
const path = join(dataDir, 'secrets.json')
const config = { dataDir, signingKey: null, encryptionKey: null }
afterAll(() => rmSync(dataDir, { recursive: true }))

it('readSecrets › makes them once, in one file for its owner alone', () => {
  const made = readSecrets(config)
  expect([made.signingKey.length, made.encryptionKey.length]).toEqual([32, 32])
  expect(readSecrets(config)).toEqual(made)
  expect(readdirSync(dataDir)).toEqual(['secrets.json'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('readSecrets › a key that is given goes before a kept one', () => {
  const signingKey = Buffer.alloc(32, 7)
  expect(readSecrets({ ...config, signingKey })).toEqual({ ...readSecrets(config), signingKey })
})

const key = Buffer.alloc(32, 1).toString('base64')

it.each([
  ['is empty', ''],
  ['is cut off', `{"signingKey":"${key}","encr`],
  ['lacks a key', JSON.stringify({ signingKey: key })],
  ['has a key of one byte', JSON.stringify({ signingKey: key, encryptionKey: 'AQ==' })],
  ['holds something else', 'null'],
])('readSecrets › names a file that %s, and leaves it', (_, content) => {
  writeFileSync(path, content)
  expect(() => readSecrets(config)).toThrow(`${path} cannot be used`)
  expect(statSync(path).size).toBe(content.length)
})

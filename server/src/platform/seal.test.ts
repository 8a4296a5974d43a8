import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { newId, type WorkspaceId } from './id.ts'
import { keyIdOf, openSeal } from './seal.ts'
import { Secret } from './secret.ts'

const [old, current] = [randomBytes(32), randomBytes(32)]
const place = { workspaceId: newId<WorkspaceId>(), field: 'key of a' }
const secret = new Secret('sk-canary')

describe('a sealed secret', () => {
  test('opens where it was sealed', () => {
    const seal = openSeal(current)
    expect(seal.open(seal.seal(secret, place), place).reveal()).toBe('sk-canary')
  })

  test('is another text each time, and holds nothing of the secret', () => {
    const seal = openSeal(current)
    const [one, other] = [seal.seal(secret, place), seal.seal(secret, place)]
    expect(one).not.toBe(other)
    expect(keyIdOf(one)).toBe(seal.keyId)
    expect(Buffer.from(one.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('canary')
  })

  test.each([
    ['in another workspace', { ...place, workspaceId: newId<WorkspaceId>() }],
    ['in another field', { ...place, field: 'key of b' }],
  ])('does not open %s', (_, elsewhere) => {
    const seal = openSeal(current)
    expect(() => seal.open(seal.seal(secret, place), elsewhere)).toThrow('belongs to another place')
  })

  test('does not open once a bit of it was changed', () => {
    const seal = openSeal(current)
    const [keyId, body = ''] = seal.seal(secret, place).split('.')
    const bytes = Buffer.from(body, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => seal.open(`${keyId}.${changed.toString('base64url')}`, place)).toThrow('was changed')
    }
    expect(() => seal.open(`${keyId}.`, place)).toThrow('was changed')
  })

  test('opens with the old key beside the new one, which alone seals', () => {
    const sealed = openSeal(old).seal(secret, place)
    const rotated = openSeal(current, [old])
    expect(rotated.open(sealed, place).reveal()).toBe('sk-canary')
    expect(keyIdOf(rotated.seal(secret, place))).toBe(openSeal(current).keyId)
    expect(() => openSeal(current).open(sealed, place)).toThrow('a key that is not given')
  })
})

test('a secret shows itself nowhere but where it is asked for', () => {
  const shown = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect({ secret }, { showHidden: true })]
  for (const text of [...shown, JSON.stringify(Object.entries(secret)), inspect(new Error('x', { cause: secret }))])
    expect(text).not.toContain('canary')
  expect(shown[0]).toBe('[redacted]')
})

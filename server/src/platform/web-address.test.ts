import { describe, expect, test } from 'vitest'
import { isSameSite, normaliseAddress } from './web-address.ts'

describe('normaliseAddress', () => {
  test.each([
    ['https://Example.com:443/a/../b#top', 'https://example.com/b'],
    ['http://example.com.:80/', 'http://example.com/'],
    ['https://example.com/a?utm_source=x&b=2&a=1&gclid=y', 'https://example.com/a?a=1&b=2'],
    ['https://example.com/a?utm_source=x', 'https://example.com/a'],
    ['https://example.com/a?', 'https://example.com/a'],
    ['https://example.com/a?flag&q=a+b', 'https://example.com/a?flag&q=a+b'],
    [' /b ', 'https://example.com/b'],
    ['//evil.example/x', 'https://evil.example/x'],
    ['mailto:a@example.com', null],
    ['javascript:alert(1)', null],
    ['http://user:secret@example.com/', null],
    ['http://[', null],
    [`/${'a'.repeat(2_000)}`, null],
  ])('%s › %s', (address, normal) => {
    expect(normaliseAddress(address, 'https://example.com/a/')).toBe(normal)
    if (normal !== null) expect(normaliseAddress(normal)).toBe(normal)
  })
})

describe('isSameSite', () => {
  test.each([
    ['https://www.example.com/a', 'http://example.com/', true],
    ['https://docs.example.com/', 'https://example.com/', false],
    ['https://example.com:8443/', 'https://example.com/', false],
    ['https://example.com.evil.example/', 'https://example.com/', false],
  ])('%s and %s › %s', (one, other, isSame) => {
    expect(isSameSite(one, other)).toBe(isSame)
  })
})

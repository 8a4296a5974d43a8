import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowsOrigin, normaliseDomain } from './origin.ts'

const domains = ['example.com', '*.shop.example', 'xn--exmple-cua.com', 'localhost:5173', '[::1]']

describe('allowsOrigin', () => {
  it.each([
    'https://example.com',
    'http://example.com',
    'https://example.com:8443',
    'https://a.shop.example',
    'https://a.b.shop.example',
    'https://xn--exmple-cua.com',
    'http://localhost:5173',
    'http://[::1]:3000',
  ])('takes %s', (origin) => expect(allowsOrigin(domains, origin)).toBe(true))

  it.each([
    undefined,
    '',
    'null',
    'https://example.com.evil.com',
    'https://evilexample.com',
    'https://www.example.com',
    'https://shop.example',
    'https://.shop.example',
    'https://..shop.example',
    'https://.a.shop.example',
    'https://a..shop.example',
    'https://a.shop.example.',
    'https://example.com/',
    'https://EXAMPLE.COM',
    'https://example.com:443',
    'https://example.com.',
    'https://user@example.com',
    'https://example.com, https://evil.com',
    'capacitor://localhost',
    'blob:https://example.com/1',
    '//example.com',
    'example.com',
    'http://localhost:5174',
    'http://localhost',
    'https://exämple.com',
  ])('refuses %s', (origin) => expect(allowsOrigin(domains, origin)).toBe(false))

  it('takes anything, a missing or malformed origin too, where the list is empty', () => {
    for (const origin of [undefined, 'null', '', 'https://any.example']) expect(allowsOrigin([], origin)).toBe(true)
  })

  it('matches a wildcard exactly where the host ends with the dot and the domain', () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), fc.boolean(), (domain, other, isBelow) => {
        const host = isBelow ? `${other}.${domain}` : other
        const url = URL.parse(`https://${host}`)
        fc.pre(url !== null && url.hostname === host)
        expect(allowsOrigin([normaliseDomain(`*.${domain}`)], `https://${host}`)).toBe(host.endsWith(`.${domain}`))
      }),
    )
  })
})

describe('normaliseDomain', () => {
  it.each([
    ['Example.COM', 'example.com'],
    [' *.Shop.example ', '*.shop.example'],
    ['exämple.com', 'xn--exmple-cua.com'],
    ['localhost:5173', 'localhost:5173'],
    ['example.com:443', 'example.com:443'],
    ['[::1]:3000', '[::1]:3000'],
    ['127.0.0.1', '127.0.0.1'],
  ])('keeps %s as %s', (entry, kept) => expect(normaliseDomain(entry)).toBe(kept))

  it.each([
    'https://example.com',
    'example.com/shop',
    '*',
    '*.',
    'a.*.com',
    'a..com',
    '.example.com',
    '*..example.com',
    'user@example.com',
    '',
    'a b',
    'example.com?x',
  ])('refuses %j in words', (entry) => expect(() => normaliseDomain(entry)).toThrow(/is not a domain/))
})

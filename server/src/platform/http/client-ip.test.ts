import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientIpBehind } from './client-ip.ts'

function from(peer: string, forwarded?: string): IncomingMessage {
  return { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage
}

describe('clientIpBehind', () => {
  const direct = clientIpBehind([])
  const proxied = clientIpBehind(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.7'])

  it('is the socket’s address where no proxy is trusted, whatever the header says', () => {
    expect(direct(from('198.51.100.1', '1.2.3.4'))).toBe('198.51.100.1')
  })

  it('is the right-most untrusted address behind a trusted proxy', () => {
    expect(proxied(from('10.0.0.1', '6.6.6.6, 198.51.100.9, 192.0.2.7, 10.1.1.1'))).toBe('198.51.100.9')
  })

  it('is the peer where the header is empty, junk, or all of it trusted', () => {
    for (const header of [undefined, '', 'not-an-ip', "1.2.3.4'; DROP", '[2001:db8::1]:443', '10.1.1.1', '1.2']) {
      expect(proxied(from('10.0.0.1', header))).toBe('10.0.0.1')
    }
  })

  it('is not the header of an untrusted peer', () => {
    expect(proxied(from('203.0.113.5', '1.2.3.4'))).toBe('203.0.113.5')
  })

  it('takes an IPv6 client as its /64 and a mapped IPv4 as IPv4', () => {
    expect(direct(from('2001:db8:1:2::1'))).toBe(direct(from('2001:db8:1:2:ffff::9')))
    expect(direct(from('2001:db8:1:2::1'))).not.toBe(direct(from('2001:db8:1:3::1')))
    expect(direct(from('::ffff:198.51.100.1'))).toBe('198.51.100.1')
  })
})

/** Who is calling, for rate limits: the socket's address, or what a trusted proxy says (RFC 7239 §7.4 tells why only it). */
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

export type ClientIp = (request: IncomingMessage) => string

/** `trusted` holds addresses and CIDR ranges. An IPv6 client counts as its /64, an IPv4-mapped one as its IPv4 address. */
export function clientIpBehind(trusted: readonly string[]): ClientIp {
  const ranges = trusted.map((entry) =>
    ipaddr.isValidCIDR(entry)
      ? ipaddr.parseCIDR(entry)
      : ipaddr.parseCIDR(`${entry}/${entry.includes(':') ? 128 : 32}`),
  )
  const isTrusted = (address: Address) =>
    ranges.some(([range, bits]) => address.kind() === range.kind() && address.match(range, bits))

  return (request) => {
    const peer = parse(request.socket.remoteAddress ?? '')
    if (!peer) return 'unknown'
    if (ranges.length === 0 || !isTrusted(peer)) return clientOf(peer)
    const header = request.headers['x-forwarded-for']
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
    for (const hop of hops.reverse()) {
      const address = parse(hop.trim())
      if (!address) break
      if (!isTrusted(address)) return clientOf(address)
    }
    return clientOf(peer)
  }
}

type Address = ReturnType<typeof ipaddr.process>

function parse(text: string): Address | null {
  // `isValid` also takes shorthands such as "1.2": no proxy writes those.
  return ipaddr.isValid(text) && (text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text))
    ? ipaddr.process(text)
    : null
}

function clientOf(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString()
  const prefix = address.toByteArray().slice(0, 8)
  return `${Buffer.from(prefix).toString('hex')}/64`
}

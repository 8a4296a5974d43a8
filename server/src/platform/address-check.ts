/** Which network addresses a tenant or a page may make this server talk to. */
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Azure hands out credentials and settings under this otherwise public address. */
const azureWireServer = '168.63.129.16'

/** All of IPv6 that has been given out (RFC 4291); `::7f00:1`, which ipaddr.js calls unicast, lies outside. */
const globalUnicast = ipaddr.parseCIDR('2000::/3')

/**
 * Whether the address belongs to the public internet. Translated forms (NAT64, 6to4, Teredo) do not, whatever they
 * hide; an IPv4-mapped IPv6 address is judged as the IPv4 address that it is.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.toString() === azureWireServer) return false
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalUnicast))
}

export interface EgressAllow {
  /** `host:port`, in lower case. */
  hosts: ReadonlySet<string>
  ranges: readonly [Address, number][]
}

/** Reads entries of the form `host:port`, `[v6]:port`, an address or a CIDR range, as the settings have checked them. */
export function readEgressAllow(entries: readonly string[]): EgressAllow {
  const hosts = new Set<string>()
  const ranges: [Address, number][] = []
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry))
    else if (ipaddr.isValid(entry)) {
      const address = ipaddr.process(entry)
      ranges.push([address, address.kind() === 'ipv4' ? 32 : 128])
    } else hosts.add(entry.toLowerCase())
  }
  return { hosts, ranges }
}

export function isAllowedRange({ ranges }: EgressAllow, address: string): boolean {
  const parsed = ipaddr.process(address)
  return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits))
}

/** Whether the operator has allowed this `host` or `host:port` by its name or, where it is an address, by its range. */
export function isTrustedHost(allow: EgressAllow, host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return allow.hosts.has(host) || (ipaddr.isValid(name) && isAllowedRange(allow, name))
}

/** Fetches as a guest does: no host is asked more often than it can bear. */
import { isTrustedHost } from './address-check.ts'
import { type Egress, type Fetched, type SafeFetchOptions, safeFetch } from './safe-fetch.ts'

/** Between the beginnings of two requests to one host that says nothing about it. */
const usualDelayMs = 250

export interface PoliteFetchOptions extends SafeFetchOptions {
  signal: AbortSignal
  /** What the host asks for. */
  delayMs?: number
}

/**
 * `safeFetch` once the host has room: two requests at a time and a quarter of a second apart, in the whole process. Hosts
 * that the operator has allowed are asked without a pause unless they ask for one.
 */
export async function politeFetch(egress: Egress, address: string, options: PoliteFetchOptions): Promise<Fetched> {
  const host = URL.parse(address)?.host ?? ''
  const leastMs = isTrustedHost(egress.allow, host) ? 0 : usualDelayMs
  using _pass = await egress.gate.enter(host, Math.max(leastMs, options.delayMs ?? 0), options.signal)
  return await safeFetch(egress, address, options)
}

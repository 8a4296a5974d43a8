/**
 * Addresses of model providers that a tenant gave. They are held to the rules of every such address, and to https, since a
 * key goes along. What the operator has set is not looked at here: it is trusted.
 */
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, type Dispatcher, Pool } from 'undici'
import { type EgressAllow, isTrustedHost, readEgressAllow } from '../address-check.ts'
import { FetchProblem } from '../fetch-problem.ts'
import { type Egress, resolveChecked } from '../safe-fetch.ts'
import { type ModelTimeouts, modelTimeouts, poolOptions } from './exchange.ts'

export type ProviderEgress = Pick<Egress, 'allow' | 'resolve'>

const maxChars = 500
/** Nothing that could be meant as a placeholder: none is ever filled in. */
const plainAddress = /^https?:\/\/[\w.:[\]-]+(\/[\w.~:/%-]*)?(\?[\w.~=&%-]*)?$/i

/**
 * The address as it is kept, without a slash at its end. Throws FetchProblem for what is no plain address, and for http
 * unless the operator allows that `host:port`.
 */
export function readProviderAddress(allow: EgressAllow, text: string): string {
  const url = text.length <= maxChars && plainAddress.test(text) ? URL.parse(text) : null
  if (!url) {
    const sentence =
      'The address is not a plain web address, such as https://api.example.com/v1. Placeholders are not filled in.'
    throw new FetchProblem('invalid_url', sentence)
  }
  requireSecure(allow, url)
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url.href.replace(/\/$/, '')
}

/** Throws FetchProblem unless all addresses of its host are public, or allowed by the operator. */
export async function requireReachable(egress: ProviderEgress, url: URL): Promise<void> {
  await checkedAddresses(egress, url)
}

async function checkedAddresses(egress: ProviderEgress, url: URL) {
  requireSecure(egress.allow, url)
  try {
    return await resolveChecked(egress, url)
  } catch (error) {
    if (!(error instanceof FetchProblem) || error.code !== 'blocked_address') throw error
    const sentence = `${url.host} may not be called from here: only public addresses on their usual ports, and what the operator of this server allows.`
    throw new FetchProblem('blocked_address', sentence, { cause: error })
  }
}

function requireSecure(allow: EgressAllow, url: URL): void {
  if (url.protocol === 'https:' || isTrustedHost(allow, `${url.hostname}:${url.port || '80'}`)) return
  throw new FetchProblem('unsupported_scheme', 'The address must begin with https://, so that nobody reads the key.')
}

/** Each connection goes to an address that was checked for it. A redirect is not followed: it is an answer like any other. */
export function openCheckedPool(
  egress: ProviderEgress,
  { connectMs }: Pick<ModelTimeouts, 'connectMs'> = modelTimeouts,
): Dispatcher {
  return new Agent({
    ...poolOptions,
    factory: (origin, options) =>
      new Pool(origin, { ...options, connect: connectorTo(egress, new URL(origin), connectMs) }),
  })
}

function connectorTo(egress: ProviderEgress, origin: URL, timeout: number): buildConnector.connector {
  const lookup: LookupFunction = (_host, { all }, callback) => {
    checkedAddresses(egress, origin).then(
      (addresses) => {
        const [first] = addresses
        if (all) callback(null, addresses)
        else callback(null, first?.address ?? '', first?.family ?? 4)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
  const connect = buildConnector({ timeout, allowH2: false, lookup })
  if (isIP(origin.hostname.replace(/^\[|\]$/g, '')) === 0) return connect
  // For what is an address already no look-up is made.
  return (options, callback) => {
    requireReachable(egress, origin).then(
      () => connect(options, callback),
      (error: Error) => callback(error, null),
    )
  }
}

export function openProviderEgress(egressAllow: readonly string[], resolve: Egress['resolve']): ProviderEgress {
  return { allow: readEgressAllow(egressAllow), resolve }
}

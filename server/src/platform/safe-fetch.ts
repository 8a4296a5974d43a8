/**
 * The one way out to addresses that a tenant or a page gives. Each hop is parsed once, resolved once, checked, and
 * connected to at the address that was checked, so that neither a redirect nor a second DNS answer leads inside.
 */
import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import ipaddr from 'ipaddr.js'
import packageJson from '../../package.json' with { type: 'json' }
import { type EgressAllow, isAllowedRange, isPublicAddress, readEgressAllow } from './address-check.ts'
import { type Clock, systemClock } from './clock.ts'
import { FetchProblem, problemOfError, problemOfStatus } from './fetch-problem.ts'
import { type HostGate, openHostGate } from './host-gate.ts'

export { FetchProblem } from './fetch-problem.ts'

/** Every address of a name, at once. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>

export interface FetchLimits {
  /** Of the body, after decompression. */
  maxBytes: number
  totalMs: number
  /** Once the body runs; measured from `graceMs` on. */
  minBytesPerSecond: number
  graceMs: number
  maxRedirects: number
}

const pageLimits: FetchLimits = {
  maxBytes: 10_000_000,
  totalMs: 30_000,
  minBytesPerSecond: 1_000,
  graceMs: 5_000,
  maxRedirects: 5,
}

/** The power to talk to the outside; opened once, passed as a port. */
export interface Egress {
  allow: EgressAllow
  userAgent: string
  resolve: Resolve
  gate: HostGate
  limits: FetchLimits
}

export interface Fetched {
  status: number
  /** The address that answered, after redirects. */
  url: string
  etag: string | null
  lastModified: string | null
  contentLanguage: string | null
  /** `X-Robots-Tag`, in lower case. */
  robotsTag: string | null
  contentSecurityPolicy: string | null
  /** In lower case, without parameters; null where the server says nothing. */
  contentType: string | null
  charset: string | null
  body: Buffer
}

export interface SafeFetchOptions {
  /** The page as it was last time; the answer may then be a 304 without a body. */
  known?: { etag: string | null; lastModified: string | null }
  accept?: string
  limits?: Partial<FetchLimits>
  /** A body that is too large is cut instead of refused. */
  takesPart?: boolean
  signal?: AbortSignal
}

export function openEgress(settings: {
  egressAllow: readonly string[]
  publicUrl: string
  resolve?: Resolve
  clock?: Clock
  limits?: Partial<FetchLimits>
}): Egress {
  return {
    allow: readEgressAllow(settings.egressAllow),
    userAgent: `Mevichat/${packageJson.version} (+${settings.publicUrl}/docs/crawler/)`,
    resolve: settings.resolve ?? ((host) => lookup(host, { all: true })),
    gate: openHostGate(settings.clock ?? systemClock),
    limits: { ...pageLimits, ...settings.limits },
  }
}

/**
 * Gets `address` over HTTP. Throws FetchProblem when it may not be reached (only public addresses on ports 80 and 443,
 * less what the operator allows), does not answer 2xx or 304, or passes a limit; the signal's reason when aborted.
 */
export async function safeFetch(egress: Egress, address: string, options: SafeFetchOptions = {}): Promise<Fetched> {
  const limits = { ...egress.limits, ...options.limits }
  const deadline = AbortSignal.timeout(limits.totalMs)
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
  let url = readAddress(address)
  try {
    for (let hop = 0; hop <= limits.maxRedirects; hop++) {
      const response = await get(egress, url, options, signal)
      try {
        const location = redirectOf(response)
        if (location === null) return await read(response, url, { ...options, limits, signal })
        url = readAddress(location, url)
      } finally {
        response.destroy()
      }
    }
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    if (deadline.aborted)
      throw new FetchProblem('timed_out', `${url.host} did not answer within ${limits.totalMs / 1000} seconds.`)
    throw problemOfError(error, url.host)
  }
  throw new FetchProblem('too_many_redirects', `The address redirects more than ${limits.maxRedirects} times.`)
}

function readAddress(address: string, base?: URL): URL {
  const url = URL.parse(address, base)
  if (!url) throw new FetchProblem('invalid_url', 'This is not a valid web address.')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchProblem('unsupported_scheme', `Only http and https addresses can be read, not ${url.protocol}`)
  if (url.username || url.password)
    throw new FetchProblem('invalid_url', 'The address holds a user name or password. Leave them out.')
  return url
}

/** The addresses of the host, each checked: one that is not public refuses them all, with FetchProblem. */
export async function resolveChecked(egress: Pick<Egress, 'allow' | 'resolve'>, url: URL) {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isDefaultPort = url.port === ''
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const isNamed = egress.allow.hosts.has(`${url.hostname}:${port}`)
  const addresses = ipaddr.isValid(host)
    ? [{ address: host, family: host.includes(':') ? 6 : 4 }]
    : await egress.resolve(host)
  if (addresses.length === 0) throw new FetchProblem('dns', `There is no server named ${host}.`)
  for (const { address } of addresses) {
    if (isNamed || isAllowedRange(egress.allow, address)) continue
    if (!isPublicAddress(address))
      throw new FetchProblem('blocked_address', `${url.host} is not on the public internet, so it is not read.`)
    if (!isDefaultPort && port !== '80' && port !== '443')
      throw new FetchProblem('blocked_address', `Only the ports 80 and 443 are read, not ${port}.`)
  }
  return addresses
}

const agents = {
  'http:': new HttpAgent({ keepAlive: false }),
  'https:': new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }),
}

async function get(egress: Egress, url: URL, options: SafeFetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const addresses = await abortable(resolveChecked(egress, url), signal)
  const isTls = url.protocol === 'https:'
  const pinned: LookupFunction = (_host, { all }, callback) => {
    const [first] = addresses
    if (all) callback(null, addresses)
    else callback(null, first?.address ?? '', first?.family ?? 4)
  }
  return await new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(url, {
      agent: agents[isTls ? 'https:' : 'http:'],
      lookup: pinned,
      signal,
      headers: {
        'user-agent': egress.userAgent,
        accept: options.accept ?? 'text/html, application/xhtml+xml, text/markdown, text/plain;q=0.9, */*;q=0.1',
        'accept-encoding': 'gzip',
        ...(options.known?.etag && { 'if-none-match': options.known.etag }),
        ...(options.known?.lastModified && { 'if-modified-since': options.known.lastModified }),
      },
    })
    request.once('response', resolve)
    // Stays for the life of the request: an error after the answer began reaches the body's reader by itself.
    request.on('error', reject)
    request.end()
  })
}

function redirectOf({ statusCode, headers }: IncomingMessage): string | null {
  return [301, 302, 303, 307, 308].includes(statusCode ?? 0) ? (headers.location ?? null) : null
}

async function read(response: IncomingMessage, url: URL, reading: Reading): Promise<Fetched> {
  const { statusCode: status = 0, headers } = response
  if (status !== 304 && (status < 200 || status > 299)) throw problemOfStatus(status, headers['retry-after'])
  const type = headers['content-type'] ?? ''
  return {
    status,
    url: url.href,
    etag: headers.etag ?? null,
    lastModified: headers['last-modified'] ?? null,
    contentLanguage: headers['content-language'] ?? null,
    robotsTag: headers['x-robots-tag']?.toString().toLowerCase() ?? null,
    contentSecurityPolicy: headers['content-security-policy']?.toString() ?? null,
    contentType: type.split(';', 1)[0]?.trim().toLowerCase() || null,
    charset: /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(type)?.[1]?.toLowerCase() ?? null,
    body: status === 304 ? Buffer.alloc(0) : await readBody(response, url, reading),
  }
}

interface Reading extends SafeFetchOptions {
  limits: FetchLimits
  signal: AbortSignal
}

async function readBody(response: IncomingMessage, url: URL, { limits, signal, takesPart = false }: Reading) {
  const tooLarge = new FetchProblem('too_large', `The page is larger than ${limits.maxBytes / 1_000_000} MB.`)
  if (!takesPart && Number(response.headers['content-length']) > limits.maxBytes) throw tooLarge
  const meter = meterSpeed(response, url, limits)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of decoded(response, signal) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (takesPart && size > limits.maxBytes) break
      // gzip packs 1,029 to 1, text 3 to 10: past a megabyte such a ratio is a bomb.
      if (size > limits.maxBytes || (size > 1_000_000 && size > 200 * meter.received())) throw tooLarge
      chunks.push(chunk)
    }
  } finally {
    meter.stop()
  }
  return Buffer.concat(chunks)
}

/** The body, decompressed. An error or the end of either stream ends both. */
function decoded(response: IncomingMessage, signal: AbortSignal): Readable {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return response
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new FetchProblem('unsupported_encoding', `The site compresses with ${encoding}, though we asked for gzip.`)
  const gunzip = createGunzip()
  response.once('error', (error) => gunzip.destroy(error))
  signal.addEventListener('abort', () => gunzip.destroy(), { once: true })
  return response.pipe(gunzip)
}

/** Counts what comes over the wire, and ends a server that drips. */
function meterSpeed(response: IncomingMessage, url: URL, limits: FetchLimits) {
  const began = performance.now()
  let received = 0
  response.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  const timer = setInterval(() => {
    const ms = performance.now() - began
    if (ms > limits.graceMs && received < (limits.minBytesPerSecond * ms) / 1000)
      response.destroy(new FetchProblem('timed_out', `${url.host} sends its page too slowly.`))
  }, 250)
  return { received: () => received, stop: () => clearInterval(timer) }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** The robots.txt of each host that a sync meets, fetched once. */
import { politeFetch } from '../platform/polite-fetch.ts'
import { type Egress, FetchProblem } from '../platform/safe-fetch.ts'
import { parseRobots, type Robots } from './robots.ts'

export interface RobotsFiles {
  /** Throws FetchProblem when the file cannot be had for now: then nothing of the host may be read (RFC 9309, 2.3.1.4). */
  of(address: string, signal: AbortSignal): Promise<Robots>
  /** What is known without asking. */
  peek(address: string): Robots | null
}

const maxBytes = 2_000_000
/** Of all syncs of this process. */
const maxKept = 200

export type RobotsCache = Map<string, Robots>

/** `cache` outlives the slices of a sync. */
export function robotsFiles(egress: Egress, cache: RobotsCache, syncId: string): RobotsFiles {
  const keyOf = (address: string) => `${syncId} ${new URL(address).origin}`
  const asked = new Map<string, Promise<Robots>>()

  async function fetch(address: string, signal: AbortSignal): Promise<Robots> {
    const robots = parseRobots(await fetchRobots(egress, address, signal))
    cache.set(keyOf(address), robots)
    for (const [oldest] of cache) {
      if (cache.size <= maxKept) break
      cache.delete(oldest)
    }
    return robots
  }

  return {
    peek: (address) => cache.get(keyOf(address)) ?? null,
    async of(address, signal) {
      const key = keyOf(address)
      const known = cache.get(key)
      if (known) return known
      const asking = asked.get(key) ?? fetch(address, signal).finally(() => asked.delete(key))
      asked.set(key, asking)
      return asking
    },
  }
}

/** Empty where the host has none, or none that can be read. */
async function fetchRobots(egress: Egress, address: string, signal: AbortSignal): Promise<string> {
  const { origin, host } = new URL(address)
  try {
    const accept = 'text/plain'
    const { body } = await politeFetch(egress, `${origin}/robots.txt`, { signal, accept, limits: { maxBytes } })
    return new TextDecoder().decode(body)
  } catch (error) {
    if (!(error instanceof FetchProblem) || !(error.isPassing || error.code === 'tls')) {
      // The page itself will say better what is wrong with its address.
      if (error instanceof FetchProblem) return ''
      throw error
    }
    const { code, status, retryAfterMs } = error
    throw new FetchProblem(
      code,
      `robots.txt of ${host} cannot be had, so nothing there is read for now. ${error.message}`,
      {
        ...(status !== null && { status }),
        retryAfterMs,
        cause: error,
      },
    )
  }
}

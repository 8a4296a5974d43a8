/** Rate limits: so many requests in a minute that begins with the caller's first one. In memory, or in Redis for several processes. */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { fail } from './fail.ts'
import type { Log } from './log.ts'

export interface Limiter {
  /** Counts one request; throws `rate_limited` with its headers when `perMinute` were made already. */
  take(name: string, perMinute: number, caller: string): Promise<void>
}

export interface OpenLimiter extends Limiter, AsyncDisposable {}

const windowSeconds = 60
/** The callers that are remembered at once. The one seen longest ago is forgotten first, so a flood of addresses cannot fill the memory. */
const maxCallers = 100_000

/** A Redis that takes connections but does not answer must not keep a visitor waiting. */
const redisOptions = { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 500 }

/** Resolves once Redis answers or has failed to. */
export async function openLimiter(redisUrl: string | null, log: Log): Promise<OpenLimiter> {
  const redis = redisUrl === null ? null : new Redis(redisUrl, redisOptions)
  // While Redis is away each process limits for itself; ioredis reconnects by its own.
  redis?.on('error', (error: Error) => log.error({ err: error }, 'Redis is not reachable: limits are per process'))
  if (redis) await Promise.race([once(redis, 'ready'), once(redis, 'close')]).catch(() => {})
  const limiters = new Map<string, { take(caller: string): Promise<RateLimiterRes> }>()

  function limiterOf(name: string, perMinute: number) {
    let limiter = limiters.get(name)
    if (!limiter) {
      const options = { keyPrefix: `limit:${name}`, points: perMinute, duration: windowSeconds }
      const memory = new RateLimiterMemory(options)
      const shared = redis && new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory })
      const seen = new Set<string>()
      limiter = {
        take(caller) {
          seen.delete(caller)
          seen.add(caller)
          if (seen.size > maxCallers) {
            for (const oldest of seen) {
              seen.delete(oldest)
              void memory.delete(oldest)
              break
            }
          }
          return (shared ?? memory).consume(caller)
        },
      }
      limiters.set(name, limiter)
    }
    return limiter
  }

  return {
    async take(name, perMinute, caller) {
      try {
        await limiterOf(name, perMinute).take(caller)
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        const seconds = String(Math.max(1, Math.ceil(refused.msBeforeNext / 1000)))
        throw fail('rate_limited', {
          headers: {
            'retry-after': seconds,
            'ratelimit-limit': String(perMinute),
            'ratelimit-remaining': '0',
            'ratelimit-reset': seconds,
          },
        })
      }
    },
    async [Symbol.asyncDispose]() {
      redis?.disconnect()
    },
  }
}

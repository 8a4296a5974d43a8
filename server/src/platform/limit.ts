/** Rate limits: so many requests in any sixty seconds, or another window. In memory, or in Redis for several processes. */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import type { Clock } from './clock.ts'
import { fail } from './fail.ts'
import type { Log } from './log.ts'

export interface Limiter {
  /**
   * Counts one request; throws `rate_limited` with its headers when `limit` were counted in the last `windowMs`, by default
   * sixty seconds. What is refused is not counted. A name has one window.
   */
  take(name: string, limit: number, caller: string, windowMs?: number): Promise<void>
}

export interface OpenLimiter extends Limiter, AsyncDisposable {}

const minuteMs = 60_000
/** The callers that are remembered at once. The one seen longest ago is forgotten first, so a flood of addresses cannot fill the memory. */
const maxCallers = 100_000

/** A Redis that takes connections but does not answer must not keep a visitor waiting. */
const redisOptions = { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 500 }

/** Resolves once Redis answers or has failed to. */
export async function openLimiter(
  redisUrl: string | null,
  { clock, log }: { clock: Clock; log: Log },
): Promise<OpenLimiter> {
  const redis = redisUrl === null ? null : new Redis(redisUrl, redisOptions)
  // While Redis is away each process limits for itself; ioredis reconnects by its own.
  redis?.on('error', (error: Error) => log.error({ err: error }, 'Redis is not reachable: limits are per process'))
  if (redis) await Promise.race([once(redis, 'ready'), once(redis, 'close')]).catch(() => {})
  const memory = new Callers(clock)
  const forgetting = setInterval(() => memory.forgetOld(), minuteMs).unref()

  return {
    async take(name, limit, caller, windowMs = minuteMs) {
      const key = `rate:${name}:${caller}`
      const waitMs = redis
        ? await takeInRedis(redis, key, limit, windowMs).catch(() => memory.take(key, limit, windowMs))
        : memory.take(key, limit, windowMs)
      if (waitMs <= 0) return
      const seconds = String(Math.ceil(waitMs / 1000))
      throw fail('rate_limited', {
        headers: {
          'retry-after': seconds,
          'ratelimit-limit': String(limit),
          'ratelimit-remaining': '0',
          'ratelimit-reset': seconds,
        },
      })
    },
    async [Symbol.asyncDispose]() {
      clearInterval(forgetting)
      redis?.disconnect()
    },
  }
}

/**
 * Of each caller the times of its last requests, as many as its limit: the oldest of them says whether there is room for
 * another, and if not for how long. The caller that was seen last stands last.
 */
class Callers {
  private readonly known = new Map<string, { times: number[]; windowMs: number }>()
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Milliseconds until the next request would be counted; 0 when this one was. */
  take(key: string, limit: number, windowMs: number): number {
    const now = this.clock.monotonicMs()
    const times = this.known.get(key)?.times ?? []
    this.known.delete(key)
    this.known.set(key, { times, windowMs })
    if (this.known.size > maxCallers) for (const oldest of this.known.keys().take(1)) this.known.delete(oldest)
    const oldest = times.length < limit ? undefined : times[0]
    if (oldest !== undefined && oldest + windowMs > now) return oldest + windowMs - now
    if (times.length === limit) times.shift()
    times.push(now)
    return 0
  }

  forgetOld(): void {
    const now = this.clock.monotonicMs()
    for (const [key, { times, windowMs }] of this.known) {
      if ((times.at(-1) ?? 0) + windowMs <= now) this.known.delete(key)
    }
  }
}

/** As `Callers.take`, by the time of Redis itself, so that processes whose clocks differ agree. */
const script = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local oldest = redis.call('LINDEX', KEYS[1], -limit)
  if oldest and oldest + window > now then return oldest + window - now end
  redis.call('RPUSH', KEYS[1], now)
  redis.call('LTRIM', KEYS[1], -limit, -1)
  redis.call('PEXPIRE', KEYS[1], window)
  return 0`

async function takeInRedis(redis: Redis, key: string, limit: number, windowMs: number): Promise<number> {
  return Number(await redis.eval(script, 1, key, limit, windowMs))
}

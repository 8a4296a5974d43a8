import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'
import { type OpenLimiter, openLimiter } from './limit.ts'
import { silentLog } from './log.ts'

const redisUrl = process.env.TEST_REDIS_URL

interface Adapter {
  limiter: OpenLimiter
  /** Lets `ms` go by for what is known of the caller. */
  pass(ms: number, name: string, caller: string): Promise<void>
  close(): Promise<void>
}

function inMemory(): Promise<Adapter> {
  return open(null, (clock) => async (ms) => clock.skip(ms))
}

async function open(url: string | null, passing: (clock: TurnedClock) => Adapter['pass']): Promise<Adapter> {
  const clock = new TurnedClock()
  const limiter = await openLimiter(url, { clock, log: silentLog })
  return { limiter, pass: passing(clock), close: async () => limiter[Symbol.asyncDispose]() }
}

class TurnedClock {
  private at = 1_000_000
  readonly now = () => this.at
  readonly monotonicMs = () => this.at
  readonly sleep = systemClock.sleep
  skip(ms: number) {
    this.at += ms
  }
}

/** Redis has a clock of its own, so instead of it going on what is stored grows older. */
async function inRedis(url: string): Promise<Adapter> {
  const redis = new Redis(url)
  const adapter = await open(url, () => async (ms, name, caller) => {
    const key = `rate:${name}:${caller}`
    const times = await redis.lrange(key, 0, -1)
    await redis.del(key)
    await redis.rpush(key, ...times.map((time) => Number(time) - ms))
  })
  return {
    ...adapter,
    async close() {
      redis.disconnect()
      await adapter.close()
    },
  }
}

const adapters: { name: string; open(): Promise<Adapter> }[] = [
  { name: 'memory', open: inMemory },
  ...(redisUrl ? [{ name: 'Redis', open: () => inRedis(redisUrl) }] : []),
]

describe.each(adapters)('limiter in $name', ({ open }) => {
  let adapter: Adapter
  let limiter: OpenLimiter
  beforeAll(async () => {
    adapter = await open()
    limiter = adapter.limiter
  })
  afterAll(() => adapter.close())

  async function passed(count: number, perMinute: number, caller: string): Promise<number> {
    const taken = await Promise.allSettled(Array.from({ length: count }, () => limiter.take('test', perMinute, caller)))
    return taken.filter(({ status }) => status === 'fulfilled').length
  }

  it('lets so many pass and refuses the next with its headers', async () => {
    const caller = randomUUID()
    for (let i = 0; i < 3; i++) await limiter.take('test', 3, caller)
    await adapter.pass(40_000, 'test', caller)
    const seconds = expect.stringMatching(/^(20|1\d)$/)
    await expect(limiter.take('test', 3, caller)).rejects.toMatchObject({
      code: 'rate_limited',
      headers: {
        'retry-after': seconds,
        'ratelimit-limit': '3',
        'ratelimit-remaining': '0',
        'ratelimit-reset': seconds,
      },
    })
  })

  it('counts any sixty seconds: 60 at the end of one minute leave no room for 60 at the start of the next', async () => {
    const caller = randomUUID()
    expect(await passed(1, 60, caller)).toBe(1)
    await adapter.pass(58_000, 'test', caller)
    expect(await passed(59, 60, caller)).toBe(59)
    await adapter.pass(2_000, 'test', caller)
    expect(await passed(60, 60, caller)).toBe(1)
    await adapter.pass(58_000, 'test', caller)
    expect(await passed(60, 60, caller)).toBe(59)
  })

  it('does not count what it refuses', async () => {
    const caller = randomUUID()
    expect(await passed(10, 5, caller)).toBe(5)
    await adapter.pass(30_000, 'test', caller)
    expect(await passed(10, 5, caller)).toBe(0)
    await adapter.pass(30_000, 'test', caller)
    expect(await passed(10, 5, caller)).toBe(5)
  })

  it('counts each caller and each limit for itself', async () => {
    const caller = randomUUID()
    await limiter.take('one', 1, caller)
    await limiter.take('other', 1, caller)
    await limiter.take('one', 1, randomUUID())
    await expect(limiter.take('one', 1, caller)).rejects.toMatchObject({ code: 'rate_limited' })
  })

  it('counts over an hour where it is asked to', async () => {
    const caller = randomUUID()
    const hourMs = 3_600_000
    await limiter.take('test', 1, caller, hourMs)
    await adapter.pass(3_000_000, 'test', caller)
    const refused = { code: 'rate_limited', headers: { 'retry-after': expect.stringMatching(/^(600|59\d)$/) } }
    await expect(limiter.take('test', 1, caller, hourMs)).rejects.toMatchObject(refused)
    await adapter.pass(600_000, 'test', caller)
    await limiter.take('test', 1, caller, hourMs)
  })

  it('lets exactly so many of concurrent requests pass', async () => {
    expect(await passed(100, 60, randomUUID())).toBe(60)
  })
})

const ports = { clock: systemClock, log: silentLog }

if (redisUrl) {
  it('limiter in Redis › counts for all processes together, and forgets a caller after a minute', async () => {
    await using one = await openLimiter(redisUrl, ports)
    await using other = await openLimiter(redisUrl, ports)
    const caller = randomUUID()
    await one.take('shared', 2, caller)
    await other.take('shared', 2, caller)
    await expect(one.take('shared', 2, caller)).rejects.toMatchObject({ code: 'rate_limited' })
    const redis = new Redis(redisUrl)
    const leftMs = await redis.pttl(`rate:shared:${caller}`)
    redis.disconnect()
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  })
}

it('limiter in memory › remembers 100,000 callers and forgets the one seen longest ago first', async () => {
  await using limiter = await openLimiter(null, ports)
  await limiter.take('flood', 1, 'first')
  await limiter.take('flood', 1, 'second')
  await expect(limiter.take('flood', 1, 'first')).rejects.toMatchObject({ code: 'rate_limited' })
  for (let i = 0; i < 99_999; i++) await limiter.take('flood', 1, `flood ${i}`)
  await expect(limiter.take('flood', 1, 'first')).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(limiter.take('flood', 1, 'second')).resolves.toBeUndefined()
})

it('limiter in Redis › limits for this process alone while Redis is away', async () => {
  await using limiter = await openLimiter('redis://127.0.0.1:1', ports)
  const caller = randomUUID()
  await limiter.take('away', 1, caller)
  await expect(limiter.take('away', 1, caller)).rejects.toMatchObject({ code: 'rate_limited' })
})

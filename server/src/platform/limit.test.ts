import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenLimiter, openLimiter } from './limit.ts'
import { silentLog } from './log.ts'

const redisUrl = process.env.TEST_REDIS_URL

const adapters: { name: string; open(): Promise<OpenLimiter> }[] = [
  { name: 'memory', open: () => openLimiter(null, silentLog) },
  ...(redisUrl ? [{ name: 'Redis', open: () => openLimiter(redisUrl, silentLog) }] : []),
]

describe.each(adapters)('limiter in $name', ({ open }) => {
  let limiter: OpenLimiter
  beforeAll(async () => {
    limiter = await open()
  })
  afterAll(() => limiter[Symbol.asyncDispose]())

  it('lets so many pass and refuses the next with its headers', async () => {
    const caller = randomUUID()
    for (let i = 0; i < 3; i++) await limiter.take('test', 3, caller)
    const seconds = expect.stringMatching(/^([1-9]|[1-5]\d|60)$/)
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

  it('counts each caller and each limit for itself', async () => {
    const caller = randomUUID()
    await limiter.take('one', 1, caller)
    await limiter.take('other', 1, caller)
    await limiter.take('one', 1, randomUUID())
    await expect(limiter.take('one', 1, caller)).rejects.toMatchObject({ code: 'rate_limited' })
  })

  it('lets exactly so many of concurrent requests pass', async () => {
    const caller = randomUUID()
    const taken = await Promise.allSettled(Array.from({ length: 100 }, () => limiter.take('many', 60, caller)))
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(60)
  })
})

if (redisUrl) {
  it('limiter in Redis › counts for all processes together', async () => {
    await using one = await openLimiter(redisUrl, silentLog)
    await using other = await openLimiter(redisUrl, silentLog)
    const caller = randomUUID()
    await one.take('shared', 2, caller)
    await other.take('shared', 2, caller)
    await expect(one.take('shared', 2, caller)).rejects.toMatchObject({ code: 'rate_limited' })
  })
}

it('limiter in memory › remembers 100,000 callers and forgets the one seen longest ago first', async () => {
  await using limiter = await openLimiter(null, silentLog)
  await limiter.take('flood', 1, 'first')
  await limiter.take('flood', 1, 'second')
  await expect(limiter.take('flood', 1, 'first')).rejects.toMatchObject({ code: 'rate_limited' })
  for (let i = 0; i < 99_999; i++) await limiter.take('flood', 1, `flood ${i}`)
  await expect(limiter.take('flood', 1, 'first')).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(limiter.take('flood', 1, 'second')).resolves.toBeUndefined()
})

it('limiter in Redis › limits for this process alone while Redis is away', async () => {
  await using limiter = await openLimiter('redis://127.0.0.1:1', silentLog)
  const caller = randomUUID()
  await limiter.take('away', 1, caller)
  await expect(limiter.take('away', 1, caller)).rejects.toMatchObject({ code: 'rate_limited' })
})

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { freshAddress, type Tenant } from '../../server/testing/app.ts'
import { type Answer, type SendOptions, send } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, post, useApp } from './scene.ts'
import { skippableClock } from './skippable-clock.ts'

const limitHeaders = ['retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset']

function limitHeadersOf({ headers }: Answer): string[] {
  return limitHeaders.filter((name) => headers[name] !== undefined)
}

const session = randomUUID()

describe('rate limits', () => {
  const clock = skippableClock()
  const app = useApp(undefined, { clock })

  const exportPath = `/api/conversations/${session}/export.json`
  type Ask = (options: SendOptions) => Promise<Answer>

  interface Limit {
    name: string
    perMinute: number
    field?: 'error' | 'detail'
    ask: Ask
  }
  const byAddress: Limit[] = [
    { name: 'POST /api/chat/', perMinute: 60, ask: (options) => post(app(), '/api/chat/', {}, options) },
    { name: 'POST /api/chat/stop/', perMinute: 60, ask: (options) => post(app(), '/api/chat/stop/', {}, options) },
    { name: 'POST /api/chat/rating/', perMinute: 60, ask: (options) => post(app(), '/api/chat/rating/', {}, options) },
    { name: 'GET /api/chat/stream/', perMinute: 60, ask: (options) => get(app(), '/api/chat/stream/', options) },
    { name: 'GET export.json without a token', perMinute: 30, field: 'detail', ask: (o) => get(app(), exportPath, o) },
  ]

  describe.each(byAddress)('$name', ({ perMinute, field, ask }) => {
    it(`429 rate_limited after the ${perMinute}th request of a minute from an address`, async () => {
      const localAddress = freshAddress()
      await expectLimit(() => ask({ localAddress }), perMinute, field)
      expect((await ask({})).status).not.toBe(429)
    })
  })

  async function expectLimit(ask: () => Promise<Answer>, perMinute: number, field = 'error') {
    for (let i = 0; i < perMinute; i++) {
      const answer = await ask()
      expect(answer.status).not.toBe(429)
      expect(limitHeadersOf(answer)).toEqual([])
    }
    const refused = await ask()
    expectRefusal(refused, 429, 'rate_limited', field)
    const { 'retry-after': retryAfter, ...headers } = refused.headers
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1)
    expect(Number(retryAfter)).toBeLessThanOrEqual(60)
    expect(headers).toMatchObject({
      'ratelimit-limit': String(perMinute),
      'ratelimit-remaining': '0',
      'ratelimit-reset': retryAfter,
      'cache-control': 'no-store',
    })
  }

  const byUser: (Omit<Limit, 'ask'> & { ask(headers: Record<string, string>, tenant: Tenant): Promise<Answer> })[] = [
    {
      name: 'POST /api/chat/playground/',
      perMinute: 120,
      ask: (headers) => post(app(), '/api/chat/playground/', {}, { headers }),
    },
    { name: 'GET export.json', perMinute: 30, field: 'detail', ask: (headers) => get(app(), exportPath, { headers }) },
  ]

  describe.each(byUser)('$name', ({ perMinute, field, ask }) => {
    it(`429 rate_limited after the ${perMinute}th request of a minute by a user, from whatever address`, async () => {
      const tenant = await app().tenant()
      const one = await app().member(tenant.workspaceId, 'owner')
      const other = await app().member(tenant.workspaceId, 'owner')
      await expectLimit(() => ask(bearer(one.token), tenant), perMinute, field)
      const again = await app().issuer.token({ sub: one.subject, workspace: tenant.workspaceId })
      expect((await ask(bearer(again), tenant)).status).toBe(429)
      expect((await ask(bearer(other.token), tenant)).status).not.toBe(429)
    })
  })

  it('each endpoint counts for itself', async () => {
    const localAddress = freshAddress()
    for (let i = 0; i < 61; i++) await post(app(), '/api/chat/', '', { localAddress })
    expect((await post(app(), '/api/chat/stop/', '', { localAddress })).status).toBe(400)
    expect((await get(app(), '/api/widget/config/', { localAddress })).status).toBe(401)
  })

  it('GET /api/widget/config/ has none', async () => {
    const localAddress = freshAddress()
    for (let i = 0; i < 130; i++) expect((await get(app(), '/api/widget/config/', { localAddress })).status).toBe(401)
  })

  it('a minute rolls: each request makes room for another when it is sixty seconds old, as Retry-After says', async () => {
    const localAddress = freshAddress()
    const ask = () => post(app(), '/api/chat/', '', { localAddress })
    await ask()
    clock.skip(40_000)
    for (let i = 0; i < 59; i++) expect((await ask()).status).toBe(400)
    const retryAfter = Number((await ask()).headers['retry-after'])
    expect(retryAfter).toBeLessThanOrEqual(20)
    clock.skip(retryAfter * 1000)
    expect((await ask()).status).toBe(400)
    expect((await ask()).status).toBe(429)
  })

  it.each([
    ['x-forwarded-for', (i: number) => `1.2.3.${i}`],
    ['forwarded', (i: number) => `for=1.2.3.${i}`],
    ['x-real-ip', (i: number) => `1.2.3.${i}`],
    ['cf-connecting-ip', (i: number) => `1.2.3.${i}`],
  ])('%s from a peer that is no trusted proxy changes nothing', async (name, value) => {
    const localAddress = freshAddress()
    for (let i = 0; i < 60; i++) await post(app(), '/api/chat/', '', { localAddress, headers: { [name]: value(i) } })
    expect((await post(app(), '/api/chat/', '', { localAddress, headers: { [name]: value(60) } })).status).toBe(429)
  })
})

describe('rate limits behind a trusted proxy', () => {
  const app = useApp(undefined, { env: { MEVICHAT_TRUST_PROXY: '127.9.0.0/16, ::1' } })
  const proxy = '127.9.0.1'
  const ask = (forwarded: string, localAddress = proxy) =>
    send(`${app().url}/api/chat/`, { method: 'POST', headers: { 'x-forwarded-for': forwarded }, localAddress })

  /** Whether the 61st of requests that say these things in turn is refused. */
  async function isOne(said: (i: number) => string) {
    for (let i = 0; i < 60; i++) expect((await ask(said(i))).status).toBe(400)
    return (await ask(said(60))).status === 429
  }

  it.each([
    [
      'is the right-most untrusted address, whatever the client wrote before it',
      (i: number) => `9.9.9.${i}, 8.8.0.1`,
      true,
    ],
    ['is looked for through trusted hops', (i: number) => `8.8.0.2, 127.9.0.${i + 2}`, true],
    ['differs by address', (i: number) => `8.8.1.${i}`, false],
    ['is the /64 of an IPv6 address', (i: number) => `2001:db8:1:2::${i.toString(16)}`, true],
    ['differs by /64', (i: number) => `2001:db8:2:${i.toString(16)}::1`, false],
    ['is one whether written as IPv4 or mapped into IPv6', (i: number) => (i % 2 ? '8.8.0.3' : '::ffff:8.8.0.3'), true],
  ])('the client %s', async (_, said, expected) => expect(await isOne(said)).toBe(expected))

  it.each(['', 'not-an-ip', '[2001:db8::1]:443', "1.2.3.4'; DROP", '8.8.8.8, junk', '1.2'])(
    'junk (%j) is the proxy’s own address',
    async (junk) => {
      const own = `127.9.1.${1 + junk.length}`
      for (let i = 0; i < 60; i++) await ask(i % 2 ? junk : 'junk', own)
      expect((await ask(junk, own)).status).toBe(429)
    },
  )

  it('a peer outside the list is not believed', async () => {
    const localAddress = freshAddress()
    for (let i = 0; i < 60; i++) await ask(`8.8.9.${i}`, localAddress)
    expect((await ask('8.8.9.99', localAddress)).status).toBe(429)
  })
})

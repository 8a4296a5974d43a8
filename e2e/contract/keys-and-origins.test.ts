import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { revokeKey, saveKey } from '../../server/src/keys/keys.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { eventually } from './eventually.ts'
import { expectRefusal, get, post, turn, useApp } from './scene.ts'

describe.each(lanes)('public keys on $name', (lane) => {
  const app = useApp(lane)

  async function revoked() {
    const tenant = await app().tenant()
    await revokeKey(app().ports, tenant.workspaceId, tenant.keyId)
    return tenant.publicKey
  }

  async function suspended() {
    const { workspaceId, publicKey } = await app().tenant()
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${workspaceId}`)
    return publicKey
  }

  it('401 invalid_api_key for every key that is no good, with one body and the same headers', async () => {
    const { publicKey } = await app().tenant()
    const bad = [
      undefined,
      null,
      1,
      [publicKey],
      '',
      'mvc_pk_',
      'mvc_sk_unknown_unknown_unknown_unknown',
      `${publicKey} `,
      `${publicKey}\0`,
      publicKey.toUpperCase(),
      'mvc_pk_%',
      `mvc_pk_${'a'.repeat(10_000)}`,
      'mvc_pk_unknown_unknown_unknown_unknown',
      await revoked(),
      await suspended(),
    ]
    const answers = new Set<string>()
    for (const public_key of bad) {
      const answer = await post(app(), '/api/chat/', turn({ publicKey }, { public_key }))
      expectRefusal(answer, 401, 'invalid_api_key')
      const { date: _, ...headers } = answer.headers
      answers.add(JSON.stringify(headers))
    }
    expect(answers.size).toBe(1)
  })

  it('401 comes before the origin: a revoked key does not tell its domains', async () => {
    const { workspaceId, keyId, publicKey } = await app().tenant({ domains: ['example.com'] })
    await revokeKey(app().ports, workspaceId, keyId)
    for (const origin of ['https://example.com', 'https://evil.example']) {
      expectRefusal(
        await post(app(), '/api/chat/', turn({ publicKey }), { headers: { origin } }),
        401,
        'invalid_api_key',
      )
    }
  })

  it('several keys of a bot work at once, and one of them can be revoked alone', async () => {
    const tenant = await app().tenant()
    const second = await saveKey(app().ports, tenant.workspaceId, tenant.botId, {
      name: 'Second',
      domains: [],
      isRevoked: false,
    })
    expect((await post(app(), '/api/chat/', turn(second))).status).toBe(200)
    await revokeKey(app().ports, tenant.workspaceId, tenant.keyId)
    expectRefusal(await post(app(), '/api/chat/', turn(tenant)), 401, 'invalid_api_key')
    expect((await post(app(), '/api/chat/', turn(second))).status).toBe(200)
  })

  it.each([
    ['switched off', sql`is_enabled = false`],
    ['deleted', sql`deleted_at = now()`],
  ])('404 bot_not_found when the bot is %s, on every public endpoint', async (_, change) => {
    const tenant = await app().tenant()
    const body = turn(tenant)
    const { events } = await app().chat(body)
    await app().ports.db.execute(sql`update bots set ${change} where id = ${tenant.botId}`)
    const message_id = events[0]?.data.message_id
    const query = new URLSearchParams({ public_key: body.public_key, session_id: body.session_id, message_id })
    for (const answer of [
      await post(app(), '/api/chat/', body),
      await post(app(), '/api/chat/stop/', { ...body, message_id }),
      await get(app(), `/api/chat/stream/?${query}`),
      await get(app(), `/api/widget/config/?${query}`),
    ]) {
      expectRefusal(answer, 404, 'bot_not_found')
    }
  })

  it('says when a key was last used', async () => {
    const tenant = await app().tenant()
    await app().chat(turn(tenant))
    // Noted beside the answer, which does not wait for it.
    await eventually(async () => {
      const { rows } = await app().ports.db.execute(
        sql`select from keys where id = ${tenant.keyId} and last_used_at > now() - interval '1 minute'`,
      )
      return rows.length === 1
    })
  })
})

describe('Origin', () => {
  const app = useApp()
  let locked: Tenant
  let open: Tenant
  beforeAll(async () => {
    locked = await app().tenant({ domains: ['example.com', '*.shop.example', 'xn--exmple-cua.com', 'localhost:5173'] })
    open = await app().tenant()
  })
  const chat = (tenant: Tenant, headers: Record<string, string | string[]>) =>
    post(app(), '/api/chat/', turn(tenant), { headers })

  it.each([
    'https://example.com',
    'http://example.com',
    'https://example.com:8443',
    'https://a.shop.example',
    'https://a.b.shop.example',
    'https://xn--exmple-cua.com',
    'http://localhost:5173',
  ])('200 for %s, which the key lists', async (origin) => expect((await chat(locked, { origin })).status).toBe(200))

  const tricks: Record<string, string | string[]>[] = [
    {},
    { origin: '' },
    { origin: 'null' },
    { origin: 'https://shop.example' },
    { origin: 'https://..shop.example' },
    { origin: 'https://.a.shop.example' },
    { origin: 'https://a..shop.example' },
    { origin: 'https://www.example.com' },
    { origin: 'https://example.com.evil.com' },
    { origin: 'https://evilexample.com' },
    { origin: 'https://example.com@evil.com' },
    { origin: 'https://evil.com?https://example.com' },
    { origin: 'https://example.com/' },
    { origin: 'https://example.com:443' },
    { origin: 'https://EXAMPLE.com' },
    { origin: 'https://example.com.' },
    { origin: '//example.com' },
    { origin: 'example.com' },
    { origin: 'blob:https://example.com/1' },
    { origin: 'capacitor://example.com' },
    { origin: 'http://localhost:5174' },
    { origin: ['https://example.com', 'https://example.com'] },
    { origin: ['https://example.com', 'https://evil.com'] },
    { referer: 'https://example.com/' },
    { host: 'example.com', 'sec-fetch-site': 'same-origin' },
    { 'x-forwarded-host': 'example.com' },
  ]
  it.each(tricks.map((headers) => ({ headers, said: JSON.stringify(headers) })))(
    '403 origin_not_allowed for $said on a key with a list, 200 on one without',
    async ({ headers }) => {
      expectRefusal(await chat(locked, headers), 403, 'origin_not_allowed')
      expect((await chat(open, headers)).status).toBe(200)
    },
  )

  describe('of a GET without one', () => {
    async function config(domains: string[], headers: Record<string, string>) {
      const { publicKey } = await app().tenant({ domains })
      return (await get(app(), `/api/widget/config/?public_key=${publicKey}`, { headers })).status
    }
    const sameOrigin = { 'sec-fetch-site': 'same-origin' }

    it('is the server’s own when Sec-Fetch-Site says same-origin', async () => {
      expect(await config(['127.0.0.1'], sameOrigin)).toBe(200)
      expect(await config(['example.com'], sameOrigin)).toBe(403)
    })

    it.each(['same-site', 'cross-site', 'none'])('is missing when Sec-Fetch-Site says %s', async (site) =>
      expect(await config(['127.0.0.1'], { 'sec-fetch-site': site })).toBe(403),
    )

    it('is what the header says when there is one', async () =>
      expect(await config(['127.0.0.1'], { ...sameOrigin, origin: 'https://evil.example' })).toBe(403))
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SessionReader } from '../../server/src/identity/sessions.ts'
import { rotateSigningKeys } from '../../server/src/identity/signing-keys.ts'
import type { UserId } from '../../server/src/platform/id.ts'
import { startWorker } from '../../server/src/worker.ts'
import { saveMember } from '../../server/src/workspaces/workspaces.ts'
import { startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { eventually } from './eventually.ts'
import { bearer, beside, expectRefusal, get, post, useApp } from './scene.ts'
import { skippableClock } from './skippable-clock.ts'

const exchange = '/api/auth/token/'
const jwks = '/.well-known/jwks.json'

/** Whoever the header `x-user` names has a session. */
const sessions: SessionReader = {
  userOf: async ({ 'x-user': user }) => (typeof user === 'string' ? (user as UserId) : null),
}

describe.each(lanes)('our own issuer on $name', (lane) => {
  const clock = skippableClock()
  const app = useApp(lane, { clock })
  let tenant: Tenant
  beforeAll(async () => {
    tenant = await app().tenant()
    app().ports.sessions = sessions
  })

  const asSession = (userId: string, headers = {}) => ({
    headers: { 'x-user': userId, origin: app().url, 'content-type': 'application/json', ...headers },
  })
  const exchangeFor = (userId: string, body: object = { workspace_id: tenant.workspaceId }, headers = {}) =>
    post(app(), exchange, body, asSession(userId, headers))
  const sourcesOf = (of: TestApp, { workspaceId, botId }: Tenant, headers: Record<string, string>) =>
    get(of, `/api/workspaces/${workspaceId}/bots/${botId}/sources/`, { headers })
  const statusWith = async (token: string, of = app()) => (await sourcesOf(of, tenant, bearer(token))).status

  async function kidsOf(of = app()): Promise<string[]> {
    const { keys } = (await get(of, jwks)).json as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  const kidOf = (token: string) => decodeProtectedHeader(token).kid
  /** As if so much time had passed for the keys, and for what processes remember of them. */
  async function age(seconds: number) {
    await app().ports.db.execute(sql`update signing_keys set
      created_at = created_at - make_interval(secs => ${seconds}), signs_from = signs_from - make_interval(secs => ${seconds})`)
    clock.skip(61_000)
  }
  async function member() {
    const { userId } = await app().member(tenant.workspaceId, 'editor')
    await app().ports.db.execute(sql`update users set email = ${`${userId}@example.com`} where id = ${userId}`)
    return userId
  }

  it('POST /api/auth/token/ › a session gets a token of ten minutes that says who, where and no more', async () => {
    const userId = await member()
    const answer = await exchangeFor(userId)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    const { token, expires_in } = answer.json as { token: string; expires_in: number }
    expect(expires_in).toBe(600)
    const [kid] = await kidsOf()
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid })
    const { iat = 0, jti, ...claims } = decodeJwt(token)
    expect(claims).toEqual({
      iss: app().url,
      aud: 'mevichat',
      sub: userId,
      email: `${userId}@example.com`,
      workspace: tenant.workspaceId,
      role: 'editor',
      exp: iat + 600,
    })
    expect(jti).toMatch(/^[0-9a-f-]{36}$/)
    expect(await statusWith(token)).toBe(200)
  })

  it('POST /api/auth/token › works the same without the slash', async () => {
    const answer = await post(app(), '/api/auth/token', { workspace_id: tenant.workspaceId }, asSession(await member()))
    expect(answer.status).toBe(200)
  })

  it('POST /api/auth/token/ › 401 for nobody, for a token of this door, and for junk', async () => {
    expectRefusal(await post(app(), exchange, { workspace_id: tenant.workspaceId }), 401, 'not_authenticated')
    const own = await app().ownToken(await member(), tenant.workspaceId)
    const external = (await app().member(tenant.workspaceId, 'owner')).token
    for (const token of [own, external, 'mvc_pat_', 'mvc_pat_junk', 'x']) {
      const answer = await post(app(), exchange, { workspace_id: tenant.workspaceId }, { headers: bearer(token) })
      expectRefusal(answer, 401, 'not_authenticated')
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })

  it('POST /api/auth/token/ › 401 for the session of a deleted user', async () => {
    const userId = await member()
    await app().ports.db.execute(sql`update users set deleted_at = now() where id = ${userId}`)
    expectRefusal(await exchangeFor(userId), 401, 'not_authenticated')
  })

  it('POST /api/auth/token/ › 403 forbidden for a page of another site', async () => {
    const userId = await member()
    expectRefusal(await exchangeFor(userId, undefined, { origin: 'https://evil.example' }), 403, 'forbidden')
    expectRefusal(await exchangeFor(userId, undefined, { 'content-type': 'text/plain' }), 403, 'forbidden')
  })

  it('POST /api/auth/token/ › 403 forbidden for a workspace that is unknown, another’s or no id', async () => {
    const userId = await member()
    const { workspaceId } = await app().tenant()
    for (const workspace_id of [randomUUID(), workspaceId, 'x', 'a\0b'])
      expectRefusal(await exchangeFor(userId, { workspace_id }), 403, 'forbidden')
  })

  it.each([{}, { workspace_id: null }, { workspace_id: 1 }])('POST /api/auth/token/ › 400 for %j', async (body) => {
    const answer = await exchangeFor(await member(), body)
    expect([answer.status, answer.json]).toEqual([
      400,
      { error: 'invalid_request', detail: 'workspace_id: the id of a workspace' },
    ])
  })

  it('POST /api/auth/token/ › 429 after the 60th request of a minute from an address', async () => {
    const localAddress = '127.200.1.1'
    const ask = () => post(app(), exchange, {}, { localAddress })
    for (let n = 0; n < 60; n++) expect((await ask()).status).toBe(401)
    const answer = await ask()
    expectRefusal(answer, 429, 'rate_limited')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('a removed member’s token and session read nothing from the next request on', async () => {
    const userId = await member()
    const token = await app().ownToken(userId, tenant.workspaceId)
    const session = asSession(userId).headers
    expect(await statusWith(token)).toBe(200)
    expect((await sourcesOf(app(), tenant, session)).status).toBe(200)
    await app().ports.db.execute(sql`
      delete from members where workspace_id = ${tenant.workspaceId} and user_id = ${userId}`)
    expectRefusal(await sourcesOf(app(), tenant, bearer(token)), 403, 'forbidden')
    expectRefusal(await sourcesOf(app(), tenant, session), 404, 'not_found')
    expectRefusal(await exchangeFor(userId), 403, 'forbidden')
  })

  it('a role that was lowered is lower from the next request on, whatever the token says', async () => {
    const userId = await member()
    const token = await app().ports.issuer.sign({ userId, email: null, workspaceId: tenant.workspaceId, role: 'owner' })
    const add = () =>
      post(
        app(),
        `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`,
        { kind: 'text', title: 'A', content: 'Some text.' },
        { headers: bearer(token.token) },
      )
    expect((await add()).status).toBe(201)
    await app().ports.db.execute(sql`update members set role = 'viewer' where user_id = ${userId}`)
    expectRefusal(await add(), 403, 'forbidden')
  })

  it('a suspended workspace refuses a token, an exchange, a session and a public key', async () => {
    const { workspaceId, botId, keyId, publicKey } = await app().tenant()
    const suspended = { workspaceId, botId, keyId, publicKey }
    const { userId } = await app().member(workspaceId, 'owner')
    const token = await app().ownToken(userId, workspaceId)
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${workspaceId}`)
    expectRefusal(await sourcesOf(app(), suspended, bearer(token)), 403, 'forbidden')
    expectRefusal(await sourcesOf(app(), suspended, asSession(userId).headers), 403, 'forbidden')
    expectRefusal(await exchangeFor(userId, { workspace_id: workspaceId }), 403, 'forbidden')
    const chat = await post(app(), '/api/chat/', { public_key: publicKey, session_id: randomUUID(), message: 'Hello' })
    expectRefusal(chat, 401, 'invalid_api_key')
  })

  it('a token runs out after ten minutes', async () => {
    const token = await app().ownToken(await member(), tenant.workspaceId)
    clock.skip(600_000)
    expect(await statusWith(token)).toBe(200)
    clock.skip(31_000)
    expect(await statusWith(token)).toBe(401)
  })

  it('GET /.well-known/jwks.json › public keys alone, for every page, to be kept for five minutes', async () => {
    const answer = await get(app(), jwks)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('public, max-age=300')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    const { keys } = answer.json as { keys: object[] }
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toEqual({
        kty: 'OKP',
        crv: 'Ed25519',
        alg: 'EdDSA',
        use: 'sig',
        kid: expect.stringMatching(/^[\w-]{43}$/),
        x: expect.stringMatching(/^[\w-]{43}$/),
      })
    }
  })

  it('a token can be checked by anybody with the published keys', async () => {
    const token = await app().ownToken(await member(), tenant.workspaceId)
    const published = createRemoteJWKSet(new URL(jwks, app().url))
    const currentDate = new Date(clock.now())
    const { payload } = await jwtVerify(token, published, { issuer: app().url, audience: 'mevichat', currentDate })
    expect(payload.workspace).toBe(tenant.workspaceId)
  })

  it('a private key is sealed in the database', async () => {
    await app().ports.issuer.publicKeys()
    const { rows } = await app().ports.db.execute<{ stored: string }>(
      sql`select private_key as stored from signing_keys`,
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const { stored } of rows) expect(stored).toMatch(/^[0-9a-f]{16}\.[\w-]{150,}$/)
  })

  it('keys change every thirty days: the new one is published, then signs, then the old one goes; no token breaks', async () => {
    const userId = await member()
    const sign = () => app().ownToken(userId, tenant.workspaceId)
    const before = await sign()
    const old = kidOf(before)
    expect(await rotateSigningKeys(app().ports)).toBe(false)

    await age(30 * 24 * 3600 + 60)
    expect(await rotateSigningKeys(app().ports)).toBe(true)
    expect(await rotateSigningKeys(app().ports)).toBe(false)
    clock.skip(61_000)
    const [fresh] = await kidsOf()
    expect([fresh === old, await kidsOf()]).toEqual([false, [fresh, old]])
    const announced = await sign()
    expect(kidOf(announced)).toBe(old)

    await age(601)
    const after = await sign()
    expect(kidOf(after)).toBe(fresh)
    expect(await Promise.all([announced, after].map((token) => statusWith(token)))).toEqual([200, 200])
    await rotateSigningKeys(app().ports)
    expect(await statusWith(announced)).toBe(200)

    await age(900)
    await rotateSigningKeys(app().ports)
    clock.skip(61_000)
    expect(await kidsOf()).toEqual([fresh])
    expect(await statusWith(after)).toBe(200)
    expect(await statusWith(announced)).toBe(401)
  })

  it('a worker changes the keys by itself', async () => {
    await app().ports.issuer.publicKeys()
    await app().ports.db.execute(sql`update signing_keys set created_at = created_at - interval '31 days'`)
    await using _worker = await startWorker(app().ports)
    await eventually(async () => {
      clock.skip(30_000)
      const { rows } = await app().ports.db.execute(sql`select kid from signing_keys where signs_from > now()`)
      return rows.length === 1
    })
  })

  it('keys change at once when they are asked to', async () => {
    const count = (await kidsOf()).length
    expect(await rotateSigningKeys(app().ports, 0)).toBe(true)
    clock.skip(61_000)
    expect(await kidsOf()).toHaveLength(count + 1)
  })

  it('a key that was taken out of the table signs and opens nothing a minute later', async () => {
    const userId = await member()
    const token = await app().ownToken(userId, tenant.workspaceId)
    await app().ports.db.execute(sql`delete from signing_keys`)
    clock.skip(61_000)
    expect(await statusWith(token)).toBe(401)
    expect(await statusWith(await app().ownToken(userId, tenant.workspaceId))).toBe(200)
    expect(await kidsOf()).not.toContain(kidOf(token))
  })

  it('a key that cannot be opened any more is replaced, and what it signed stays good', async () => {
    const userId = await member()
    const token = await app().ownToken(userId, tenant.workspaceId)
    const kids = await kidsOf()
    await using second = await startApp(beside(app()), { clock, env: { MEVICHAT_ENCRYPTION_KEY: '7'.repeat(64) } })
    second.ports.publicUrl = app().url
    const other = await second.ownToken(userId, tenant.workspaceId)
    expect(kids).not.toContain(kidOf(other))
    clock.skip(100)
    expect([await statusWith(token, second), await statusWith(other, app())]).toEqual([200, 200])
    // Beside each other they do not make keys for ever.
    clock.skip(61_000)
    expect(kidOf(await second.ownToken(userId, tenant.workspaceId))).toBe(kidOf(other))
    expect(kids).toContain(kidOf(await app().ownToken(userId, tenant.workspaceId)))
  })
})

describe.each(lanes)('a token for somebody who has signed in on $name', (lane) => {
  const app = useApp(lane)

  it('is given for their session, and neither opens anything once they are removed', async () => {
    const tenant = await app().tenant()
    const { userId, cookie } = await signedIn(app())
    const page = { cookie, origin: app().url, 'content-type': 'application/json' }
    const body = { workspace_id: tenant.workspaceId }
    const ask = () => post(app(), exchange, body, { headers: page })
    const sources = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`

    expectRefusal(await ask(), 403, 'forbidden')
    await saveMember(app().ports, tenant.workspaceId, userId, 'editor')
    const { json } = await ask()
    const { token } = json as { token: string }
    for (const headers of [bearer(token), page]) expect((await get(app(), sources, { headers })).status).toBe(200)

    await app().ports.db.execute(sql`delete from members where user_id = ${userId}`)
    expectRefusal(await ask(), 403, 'forbidden')
    expectRefusal(await get(app(), sources, { headers: bearer(token) }), 403, 'forbidden')
    expectRefusal(await get(app(), sources, { headers: page }), 404, 'not_found')
  })

  it('is not given to another site that sends the cookie along', async () => {
    const { cookie } = await signedIn(app())
    const headers = { cookie, origin: 'https://evil.example', 'content-type': 'application/json' }
    expectRefusal(await post(app(), exchange, { workspace_id: randomUUID() }, { headers }), 403, 'forbidden')
  })
})

async function signedIn(app: TestApp): Promise<{ userId: UserId; cookie: string }> {
  const headers = { origin: app.url, 'content-type': 'application/json' }
  const email = `${randomUUID()}@example.com`
  await post(app, '/api/auth/sign-in/email/', { email }, { headers })
  const { rows } = await app.ports.db.execute<{ text: string }>(sql`select text from outbox where recipient = ${email}`)
  const token = new URL(/http\S+/.exec(rows[0]?.text ?? '')?.[0] ?? '').searchParams.get('token')
  const entered = await post(app, '/api/auth/sign-in/link/', { token }, { headers })
  const cookie = /mevichat_session=[^;]+/.exec([entered.headers['set-cookie']].flat().join())?.[0] ?? ''
  const { json } = await get(app, '/api/auth/session/', { headers: { cookie } })
  return { userId: (json as { user: { id: UserId } }).user.id, cookie }
}

describe.each(lanes)('our own issuer in two processes on $name', (lane) => {
  const app = useApp(lane)

  it('makes one key for both, and each takes the other’s tokens at once', async () => {
    const tenant = await app().tenant()
    await using second = await startApp(beside(app()), { env: sameSecrets(app()) })
    second.ports.publicUrl = app().url
    const { userId } = await app().member(tenant.workspaceId, 'owner')
    const tokens = await Promise.all([app(), second].map((one) => one.ownToken(userId, tenant.workspaceId)))
    const { rows } = await app().ports.db.execute(sql`select kid from signing_keys`)
    expect(rows).toHaveLength(1)
    for (const one of [app(), second]) {
      for (const token of tokens) {
        const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`
        expect((await get(one, path, { headers: bearer(token) })).status).toBe(200)
      }
    }
  })

  it('rotates once when both ask at the same time', async () => {
    await app().ports.issuer.publicKeys()
    await app().ports.db.execute(sql`update signing_keys set created_at = created_at - interval '31 days'`)
    const made = await Promise.all(Array.from({ length: 4 }, () => rotateSigningKeys(app().ports)))
    expect(made.filter(Boolean)).toHaveLength(1)
  })
})

const sameSecrets = ({ ports }: TestApp) => ({ MEVICHAT_DATA_DIR: ports.dataDir })

import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { newOwnerToken } from '../../server/src/identity/first-owner.ts'
import { authSessions, authUsers, users } from '../../server/src/identity/tables.ts'
import type { UserId } from '../../server/src/platform/id.ts'
import { ownershipOf } from '../../server/src/seed/ownership.ts'
import { members } from '../../server/src/workspaces/tables.ts'
import { freshAddress } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { expectRefusal, get, post, useApp } from './scene.ts'
import { address, ask, cookieOf, json, signedIn, tokenFor, who } from './sign-in-scene.ts'

describe.each(lanes)('a link by e-mail on $name', (lane) => {
  const app = useApp(lane)

  it('signs in once: 410 gone the second time, and of two at once one', async () => {
    const email = address()
    const token = await tokenFor(app(), email)
    const both = await Promise.all([1, 2].map(() => ask(app(), '/api/auth/sign-in/link/', { token })))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410])
    const [entered] = both.filter(({ status }) => status === 200)
    const { status, json } = await who(app(), entered ? cookieOf(entered) : '')
    expect([status, json]).toEqual([200, expect.objectContaining({ user: expect.objectContaining({ email }) })])
    expectRefusal(await ask(app(), '/api/auth/sign-in/link/', { token }), 410, 'gone')
  })

  it('is kept as a hash, and its page changes nothing', async () => {
    const email = address()
    const token = await tokenFor(app(), email)
    expect(token.length * Math.log2(52)).toBeGreaterThan(128)
    const { rows } = await app().ports.pool.query('select identifier, value from auth_verifications')
    expect(JSON.stringify(rows)).not.toContain(token)
    for (let i = 0; i < 3; i++) {
      const page = await get(app(), `/sign-in/link/?token=${token}`)
      expect([page.status, page.body.includes(email), page.headers['set-cookie']]).toEqual([200, true, undefined])
    }
    expect((await ask(app(), '/api/auth/sign-in/link/', { token })).status).toBe(200)
    expect((await get(app(), `/sign-in/link/?token=${token}`)).status).toBe(410)
  })

  it('410 gone after ten minutes', async () => {
    const token = await tokenFor(app(), address())
    await app().ports.pool.query("update auth_verifications set expires_at = expires_at - interval '10 minutes'")
    expectRefusal(await ask(app(), '/api/auth/sign-in/link/', { token }), 410, 'gone')
  })

  it('answers a known and an unknown address alike', async () => {
    const known = address()
    await signedIn(app(), known)
    const [one, other] = await Promise.all(
      [known, address()].map((email) => ask(app(), '/api/auth/sign-in/email/', { email })),
    )
    expect([one?.status, one?.body]).toEqual([other?.status, other?.body])
  })

  it('429 rate_limited for the eleventh link of an address within an hour, from whatever client', async () => {
    const email = address()
    for (let i = 0; i < 10; i++) {
      const { status } = await ask(app(), '/api/auth/sign-in/email/', { email: i % 2 ? email : email.toUpperCase() })
      expect(status).toBe(200)
    }
    const refused = await ask(app(), '/api/auth/sign-in/email/', { email }, { 'x-forwarded-for': freshAddress() })
    expect([refused.status, Number(refused.headers['retry-after']) > 3_000]).toEqual([429, true])
  })

  it('drops the sessions of whoever took the address before it was proved', async () => {
    const email = address()
    const cookie = await signedIn(app(), email)
    await app().ports.db.update(authUsers).set({ emailVerified: false }).where(eq(authUsers.email, email))
    await signedIn(app(), email)
    expect((await who(app(), cookie)).status).toBe(401)
  })

  it('makes one of two first owners at the same time', async () => {
    const { ports } = app()
    const ownership = ownershipOf(ports, { isDemo: false })
    const old = await newOwnerToken(ports, ownership)
    const token = await newOwnerToken(ports, ownership)
    const become = (email: string, by = token) =>
      ask(app(), '/api/auth/first-owner/', { token: by, email, name: 'Ada' })
    expectRefusal(await become(address(), old), 410, 'gone')
    const both = await Promise.all([become(address()), become(address())])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410])
    const { user_id: userId } = (both.find(({ status }) => status === 200)?.json ?? {}) as { user_id: UserId }
    const owned = await ports.db.select().from(members).where(eq(members.userId, userId))
    expect(owned.map(({ role }) => role)).toEqual(['owner'])
    expect(await newOwnerToken(ports, ownership)).toBeNull()
    const signIns = await ports.pool.query('select details from audit_events where user_id = $1', [userId])
    expect(signIns.rows).toEqual([{ details: { how: 'first_owner' } }])
  })
})

describe('sessions', () => {
  const app = useApp()

  it('429 rate_limited for the 101st try of a client within an hour, whatever X-Forwarded-For says', async () => {
    const localAddress = freshAddress()
    const tries = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const headers = { ...json, 'x-forwarded-for': freshAddress() }
        const body = JSON.stringify({ token: randomUUID() })
        const { status } = await post(app(), '/api/auth/sign-in/link/', body, { headers, localAddress })
        if (status !== 410) return [i, status]
      }
      return null
    }
    expect(await tries(101)).toEqual([100, 429])
  })

  it('are in a cookie that no script reads and no other site sends', async () => {
    const entered = await ask(app(), '/api/auth/sign-in/link/', { token: await tokenFor(app(), address()) })
    const line = [entered.headers['set-cookie']].flat().join()
    expect(line).toMatch(/^mevichat_session=/)
    expect(line).toMatch(/HttpOnly/i)
    expect(line).toMatch(/SameSite=Lax/i)
    expect(line).not.toMatch(/Domain=/i)
  })

  it('are listed and ended by their person alone, and each by signing out', async () => {
    const email = address()
    const [one, other, stranger] = [await signedIn(app(), email), await signedIn(app(), email), await signedIn(app())]
    const listed = await get(app(), '/api/auth/sessions/', { headers: { cookie: one } })
    const { sessions } = listed.json as { sessions: { id: string; is_current: boolean }[] }
    expect(sessions.map(({ is_current }) => is_current).sort()).toEqual([false, true])
    const id = sessions.find(({ is_current }) => !is_current)?.id ?? ''
    const end = (cookie: string) =>
      post(app(), `/api/auth/sessions/${id}/`, undefined, { method: 'DELETE', headers: { cookie, origin: app().url } })
    expectRefusal(await end(stranger), 404, 'not_found')
    expect((await end(one)).status).toBe(204)
    expect((await who(app(), other)).status).toBe(401)
    const out = await post(app(), '/api/auth/sign-out/', undefined, { headers: { cookie: one, origin: app().url } })
    expect(out.status).toBe(204)
    expect((await who(app(), one)).status).toBe(401)
  })

  it('end with their user', async () => {
    const email = address()
    const cookie = await signedIn(app(), email)
    await app().ports.db.update(users).set({ deletedAt: new Date() }).where(eq(users.email, email))
    expect((await who(app(), cookie)).status).toBe(401)
  })

  it('403 forbidden for a form of another site, and for its JSON', async () => {
    const cookie = await signedIn(app())
    const evil = { cookie, origin: 'https://evil.test' }
    const { ports } = app()
    const before = await ports.db.select().from(authSessions)
    for (const path of ['/api/auth/sign-out/', '/api/auth/first-owner/', '/api/auth/sign-in/email/']) {
      const text = { headers: { ...evil, 'content-type': 'text/plain' } }
      expectRefusal(await post(app(), path, '{"email":"a@example.com"}', text), 403, 'forbidden')
      expectRefusal(await post(app(), path, '{}', { headers: { ...evil, ...json } }), 403, 'forbidden')
    }
    const form = { ...evil, 'content-type': 'application/x-www-form-urlencoded' }
    expectRefusal(await post(app(), '/sign-in/email/', 'email=a%40example.com', { headers: form }), 403, 'forbidden')
    expect(await ports.db.select().from(authSessions)).toHaveLength(before.length)
  })

  it.each(['//evil.test', 'https://evil.test', 'javascript:alert(1)', '/\\evil.test', '/\t/evil.test', 'app'])(
    '400 invalid_request for a way back to %j',
    async (next) => {
      for (const answer of [
        await get(app(), `/sign-in/?${new URLSearchParams({ next })}`),
        await ask(app(), '/api/auth/sign-in/email/', { email: address(), next }),
        await ask(app(), '/api/auth/sign-in/google/', { next }),
        await ask(app(), '/api/auth/sign-in/link/', { token: 'x', next }),
      ]) {
        expect([answer.status, answer.json]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })])
      }
    },
  )

  it('404 not_found for all of Better Auth that has no door', async () => {
    for (const path of [
      'sign-up/email',
      'sign-in/social',
      'get-session',
      'update-user',
      'magic-link/verify',
      'enter-as',
    ]) {
      for (const ask of [get, post]) expect((await ask(app(), `/api/auth/${path}`, '{}')).status).toBe(404)
    }
  })

  it('/dev/outbox/ › 404 from another machine, behind a proxy, and under a name that is not this machine’s', async () => {
    expect((await get(app(), '/dev/outbox/')).status).toBe(200)
    expect((await get(app(), '/dev/outbox/', { headers: { host: 'evil.test' } })).status).toBe(404)
    expect((await get(app(), '/dev/outbox/', { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(404)
    const { publicUrl } = app().ports
    app().ports.publicUrl = 'https://chat.example.com'
    expect((await get(app(), '/dev/outbox/')).status).toBe(404)
    app().ports.publicUrl = publicUrl
  })

  it('/sign-in/ › 303 to the public name from another name of this machine, and from no other host', async () => {
    const { port, origin } = new URL(app().url)
    const from = (host: string) => get(app(), '/sign-in/?next=/docs/', { headers: { host } })
    const { status, headers } = await from(`localhost:${port}`)
    expect([status, headers.location]).toEqual([303, `${origin}/sign-in/?next=/docs/`])
    expect((await from('evil.test')).status).toBe(200)
  })

  it('under https the cookie is __Host- and Secure', async () => {
    const { publicUrl } = app().ports
    const token = await tokenFor(app(), address())
    app().ports.publicUrl = 'https://chat.example.com'
    const entered = await ask(app(), '/api/auth/sign-in/link/', { token }, { origin: 'https://chat.example.com' })
    app().ports.publicUrl = publicUrl
    const line = [entered.headers['set-cookie']].flat().join()
    expect(line).toMatch(/^__Host-mevichat_session=.*Secure/)
    expect(line).toMatch(/Path=\/(;|$)/)
  })
})

import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authUsers } from '../../server/src/identity/tables.ts'
import { freshAddress, startApp, type TestApp } from '../../server/testing/app.ts'
import { CookieJar } from '../../server/testing/browser-cookies.ts'
import { lanes } from '../../server/testing/database.ts'
import { type OidcProvider, oidcClient, startOidc } from '../../server/testing/oidc.ts'
import { bearer, expectRefusal, get } from './scene.ts'
import { address, ask, json, signedIn, who } from './sign-in-scene.ts'

describe('Google', () => {
  let google: OidcProvider
  let app: TestApp
  beforeAll(async () => {
    const [lane] = lanes
    if (!lane) throw new Error('no lane')
    google = await startOidc()
    app = await startApp(lane, {
      env: {
        GOOGLE_ISSUER: google.issuer,
        GOOGLE_CLIENT_ID: oidcClient.clientId,
        GOOGLE_CLIENT_SECRET: oidcClient.clientSecret,
      },
    })
  })
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await google[Symbol.asyncDispose]()
  })

  function comes(fields: Partial<OidcProvider['person']> = {}) {
    google.forge = null
    google.person = { sub: randomUUID(), email: address(), email_verified: true, name: 'Grace', ...fields }
    return google.person
  }

  /** As far as the callback, which is left to the test. */
  async function begin(browser = new CookieJar(), next = '/app/here/') {
    const started = await browser.send(`${app.url}/api/auth/sign-in/google/`, {
      method: 'POST',
      headers: { ...json, origin: app.url },
      body: JSON.stringify({ next }),
      localAddress: freshAddress(),
    })
    const { url } = started.json as { url: string }
    const provider = new CookieJar()
    let at = url
    for (let hop = 0; hop < 8 && !at.startsWith(app.url); hop++) {
      const { headers, body } = await provider.send(at)
      if (!headers.location) throw new Error(body)
      at = new URL(String(headers.location), at).href
    }
    return { browser, url: new URL(url), callback: at }
  }

  const hasSession = (browser: CookieJar) => [...browser.cookies.keys()].includes('mevichat_session')

  it('signs in by code, PKCE and nonce, and leads to where the person was', async () => {
    const person = comes()
    const { browser, url, callback } = await begin()
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      nonce: expect.any(String),
      state: expect.any(String),
    })
    const entered = await browser.send(callback)
    expect([entered.status, entered.headers.location]).toEqual([303, '/app/here/'])
    const { json } = await browser.send(`${app.url}/api/auth/session/`)
    expect(json).toMatchObject({ user: { email: person.email, name: 'Grace' } })
    const kept = await app.ports.pool.query('select access_token, id_token, account_id from auth_accounts')
    expect(kept.rows).toEqual([{ access_token: null, id_token: null, account_id: `${google.issuer} ${person.sub}` }])
  })

  it('links to the one who proved the same address by mail', async () => {
    const person = comes()
    await signedIn(app, person.email)
    const { browser, callback } = await begin()
    await browser.send(callback)
    expect(hasSession(browser)).toBe(true)
    expect(await app.ports.db.select().from(authUsers).where(eq(authUsers.email, person.email))).toHaveLength(1)
  })

  it('drops the sessions of whoever took the address before it was proved', async () => {
    const person = comes()
    const cookie = await signedIn(app, person.email)
    await app.ports.db.update(authUsers).set({ emailVerified: false }).where(eq(authUsers.email, person.email))
    const { browser, callback } = await begin()
    await browser.send(callback)
    expect(hasSession(browser)).toBe(true)
    expect((await who(app, cookie)).status).toBe(401)
  })

  const faults: Record<string, () => Promise<{ browser: CookieJar; callback: string }>> = {
    'no state': async () => {
      const { browser, callback } = await begin()
      const url = new URL(callback)
      url.searchParams.delete('state')
      return { browser, callback: url.href }
    },
    'the state of another browser': async () => ({ browser: new CookieJar(), callback: (await begin()).callback }),
    'the state of another sign-in': async () => {
      const other = new URL((await begin()).callback)
      const { browser, callback } = await begin()
      const url = new URL(callback)
      url.searchParams.set('state', other.searchParams.get('state') ?? '')
      return { browser, callback: url.href }
    },
    'a code that was used': async () => {
      const first = await begin()
      const used = new URL(first.callback).searchParams.get('code') ?? ''
      await first.browser.send(first.callback)
      const { browser, callback } = await begin()
      const url = new URL(callback)
      url.searchParams.set('code', used)
      return { browser, callback: url.href }
    },
    'a callback that was used': async () => {
      const { browser, callback } = await begin()
      await browser.send(callback)
      browser.cookies.delete('mevichat_session')
      return { browser, callback }
    },
    'another nonce': forging((claims) => ({ ...claims, nonce: 'another' })),
    'no nonce': forging(({ nonce: _, ...claims }) => claims),
    'the token of another client': forging((claims) => ({ ...claims, aud: 'another' })),
    'the token of another issuer': forging((claims) => ({ ...claims, iss: 'https://evil.test' })),
    'a token that has expired': forging((claims) => ({ ...claims, exp: 1_000_000_000 })),
    'no token': forging((claims) => ({ ...claims, none: true })),
    'an address that is not verified': forging((claims) => ({ ...claims, email_verified: false })),
    'an address of which nothing is said': forging(({ email_verified: _, ...claims }) => claims),
    'a person who says no': async () => {
      const { browser, callback } = await begin()
      const url = new URL(callback)
      url.searchParams.delete('code')
      url.searchParams.set('error', 'access_denied')
      return { browser, callback: url.href }
    },
  }
  function forging(forge: NonNullable<OidcProvider['forge']>) {
    return async () => {
      const begun = await begin()
      google.forge = forge
      return begun
    }
  }

  it.each(Object.entries(faults))('400 and no session for %s', async (_, make) => {
    comes()
    const { browser, callback } = await make()
    const answer = await browser.send(callback)
    expect([answer.status, String(answer.headers['content-type'])]).toEqual([400, 'text/html; charset=utf-8'])
    expect(hasSession(browser)).toBe(false)
  })

  it('an address that is not verified signs nobody in whose account it is', async () => {
    const person = comes({ email_verified: false })
    await signedIn(app, person.email)
    const { browser, callback } = await begin()
    expect((await browser.send(callback)).status).toBe(400)
    expect(hasSession(browser)).toBe(false)
  })

  it('503 unavailable while the provider is not reached, and by mail all the same', async () => {
    const [lane] = lanes
    if (!lane) throw new Error('no lane')
    await using alone = await startApp(lane, {
      env: { GOOGLE_ISSUER: 'http://127.0.0.1:9', GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' },
    })
    expectRefusal(await ask(alone, '/api/auth/sign-in/google/', {}), 503, 'unavailable')
    expect(await signedIn(alone)).not.toBe('')
  })

  it('a session reads the owner’s API as its person', async () => {
    const cookie = await signedIn(app)
    const path = `/api/workspaces/${randomUUID()}/bots/`
    expectRefusal(await get(app, path, { headers: { cookie } }), 404, 'not_found')
    expectRefusal(await get(app, path, { headers: bearer('x.y.z') }), 401, 'not_authenticated')
  })
})

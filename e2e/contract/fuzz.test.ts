import { randomUUID } from 'node:crypto'
import { METHODS } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshAddress, startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { send } from '../../server/testing/http.ts'
import { type Route, routesOf } from './registered-routes.ts'
import { bearer, turn } from './scene.ts'

/** Of a stack, of SQL, of the packages that the server is made of. */
const inner =
  /\bat .+:\d+:\d+|node_modules|file:\/\/|\bselect\b.+\bfrom\b|\binsert into\b|syntax error|fastify|drizzle|postgres|pglite|\bpg\b|undici|jose\b|zod|TypeError|RangeError|FST_ERR/i

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    "' or 1=1--",
    '\0',
    '\ud800',
    '__proto__',
    '\u2028',
    '../../etc/passwd',
    '%00',
    '1e400',
    randomUUID(),
  ),
)
const value = fc.oneof({ weight: 2, arbitrary: text }, fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined))
/** What HTTP lets a header hold. */
const header = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 60 })
  .map((value) => value.replaceAll('\x7f', ''))

describe.each(lanes)('whatever is asked on $name', (lane) => {
  let app: TestApp
  let routes: Route[]
  let tenant: Tenant
  let token: string
  beforeAll(async () => {
    ;({ started: app, routes } = await routesOf(() => startApp(lane)))
    tenant = await app.tenant()
    token = (await app.member(tenant.workspaceId, 'owner')).token
  })
  afterAll(() => app[Symbol.asyncDispose]())

  async function expectSane(path: string, method: string, headers: Record<string, string>, body: string | Buffer) {
    // Node frames no body of a GET, HEAD or DELETE by itself.
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const answer = await send(app.url + path, {
      method,
      headers: { ...headers, ...length },
      body,
      localAddress: freshAddress(),
    })
    expect(answer.status, `${method} ${path}: ${answer.body}`).toBeLessThan(500)
    if (answer.status >= 400) expect(answer.body).not.toMatch(inner)
    else if (answer.headers['content-type'] === 'text/event-stream') expect(answer.body).not.toContain('internal_error')
  }

  /** A field of a request that would pass, or something else in its place. */
  const fields = (good: Record<string, unknown>) =>
    fc.record(
      Object.fromEntries(
        Object.entries(good).map(([name, one]) => [name, fc.oneof({ weight: 3, arbitrary: fc.constant(one) }, value)]),
      ),
    )

  it('no field, query or header makes a 5xx, or an answer that tells what the server is made of', async () => {
    const good = {
      ...turn(tenant),
      bot_id: tenant.botId,
      message_id: 1,
      visitor_id: 'v',
      visitor_metadata: {},
      version: 'live',
    }
    await fc.assert(
      fc.asyncProperty(
        fields(good),
        fc.constantFrom(
          '/api/chat/',
          '/api/chat/stop/',
          '/api/chat/stream/',
          '/api/chat/playground/',
          '/api/widget/config/',
        ),
        fc.dictionary(
          fc.constantFrom(
            'origin',
            'idempotency-key',
            'last-event-id',
            'if-none-match',
            'x-forwarded-for',
            'content-type',
            'cookie',
          ),
          header,
        ),
        fc.oneof(fc.constant(token), text),
        async (body, path, headers, as) => {
          const method = path.endsWith('stream/') || path.endsWith('config/') ? 'GET' : 'POST'
          const query = Object.entries(body).map(
            // As JSON: an object's own `toString` may be no function.
            ([name, one]) =>
              `${name}=${encodeURIComponent((typeof one === 'string' ? one : (JSON.stringify(one) ?? '')).toWellFormed())}`,
          )
          const credentials = /^[\x20-\x7e]*$/.test(as) ? bearer(as) : {}
          await expectSane(
            method === 'GET' ? `${path}?${query.join('&')}` : path,
            method,
            { ...headers, ...credentials },
            method === 'GET' ? '' : JSON.stringify(body),
          )
        },
      ),
      { numRuns: 250 },
    )
  })

  it.each([
    ['a fault of our own', {}, 500, 'internal_error'],
    ['a database that is away', { code: 'ECONNREFUSED', syscall: 'connect' }, 503, 'unavailable'],
  ])('%s is answered with its code alone', async (_, properties, status, code) => {
    const { limiter } = app.ports
    app.ports.limiter = {
      take: () => Promise.reject(Object.assign(new Error('select secret from keys at /srv/app.ts:1:1'), properties)),
    }
    try {
      const as = { headers: bearer(token), localAddress: freshAddress() }
      const chat = await send(`${app.url}/api/chat/`, { method: 'POST', body: turn(tenant), ...as })
      expect([chat.status, chat.body]).toEqual([status, JSON.stringify({ error: code })])
      const transcript = await send(`${app.url}/api/conversations/${randomUUID()}/export.json`, as)
      expect([transcript.status, transcript.body]).toEqual([status, JSON.stringify({ detail: code })])
      for (const { headers } of [chat, transcript]) expect(JSON.stringify(headers)).not.toMatch(inner)
    } finally {
      app.ports.limiter = limiter
    }
  })

  it('no path, method or body does either', async () => {
    const segment = fc.oneof(
      fc.constantFrom('.', '..', '%2e%2e', '%00', '%ff', '%', ';', '', 'undefined', 'null', '[object Object]'),
      fc.webSegment(),
      fc.uuid(),
    )
    const path = fc.oneof(
      fc.tuple(fc.integer({ min: 0 }), segment).map(([at, one]) => {
        const { path: registered = '/' } = routes[at % routes.length] ?? {}
        return registered.replace(/:\w+/g, () => encodeURI(one))
      }),
      fc.array(segment, { maxLength: 5 }).map((parts) => `/${encodeURI(parts.join('/'))}`),
    )
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json(),
    )
    const method = fc.constantFrom(...METHODS.filter((one) => one !== 'CONNECT'))
    await fc.assert(
      fc.asyncProperty(path, method, body, (one, asked, bytes) => expectSane(one, asked, bearer(token), bytes)),
      { numRuns: 250 },
    )
  })

  it('and it still answers', async () => {
    expect((await app.chat(turn(tenant))).status).toBe(200)
  })
})

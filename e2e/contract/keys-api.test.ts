import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { startApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { type Answer, type SendOptions, send } from '../../server/testing/http.ts'
import { eventually } from './eventually.ts'
import { bearer, beside, expectRefusal, get, knowing, post, replying, turn, useApp } from './scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers whose shape the server has checked
const json = (answer: Answer): any => answer.json
const configOf = (key: string) => `/api/widget/config/?public_key=${key}`
const from = (origin: string) => ({ headers: { origin } })

describe.each(lanes)('public keys on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  let token: string
  let base: string
  beforeAll(async () => {
    tenant = await knowing(app())
    token = (await app().member(tenant.workspaceId, 'editor')).token
    base = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/keys/`
  })

  function call(method: string, path: string, options: SendOptions & { match?: string } = {}) {
    const { match, ...rest } = options
    return send(app().url + path, {
      ...rest,
      method,
      headers: { ...bearer(token), ...(match && { 'if-match': match }) },
    })
  }
  async function made(domains = ['example.com'], name = 'Site') {
    const body = { name, domains, ...(domains.length === 0 && { accept_any_origin: true }) }
    const answer = await call('POST', base, { body })
    expect([answer.status, answer.body]).toEqual([201, expect.any(String)])
    const { id, public_key: key } = json(answer)
    return { path: `${base}${id}/`, id: String(id), key: String(key), answer: json(answer) }
  }
  const etagOf = async (path: string) => String((await call('GET', path)).headers.etag)
  const change = async (path: string, body: object) => call('PATCH', path, { match: await etagOf(path), body })
  const opens = async (key: string, origin = 'https://example.com') =>
    (await get(app(), configOf(key), from(origin))).status

  it('POST makes a key that works at once, with domains as they are kept', async () => {
    const { key, answer } = await made(['Example.COM', 'MÜNCHEN.example', '*.shop.example:8443', 'example.com'])
    expect(answer).toMatchObject({
      public_key: expect.stringMatching(/^mvc_pk_/),
      domains: ['example.com', 'xn--mnchen-3ya.example', '*.shop.example:8443'],
      last_used_at: null,
      revoked_at: null,
      warnings: [],
    })
    expect([await opens(key), await opens(key, 'https://evil.example')]).toEqual([200, 403])
  })

  it('tells when a page has loaded the widget with it, and a refused page is none', async () => {
    const { key, path, answer } = await made()
    expect(answer.last_seen_at).toBeNull()
    expect(await opens(key, 'https://evil.example')).toBe(403)
    expect(json(await call('GET', path)).last_seen_at).toBeNull()
    expect(await opens(key)).toBe(200)
    await eventually(async () => expect(json(await call('GET', path)).last_seen_at).toMatch(/^\d{4}-/))
  })

  it('an empty list needs an explicit yes, and carries a warning', async () => {
    for (const accept of [undefined, false]) {
      const answer = await call('POST', base, { body: { name: 'Open', domains: [], accept_any_origin: accept } })
      expect(json(answer)).toEqual({ error: 'invalid_request', detail: expect.stringContaining('accept_any_origin') })
    }
    const { answer, path } = await made([])
    expect(answer.warnings).toEqual(['open_to_any_origin'])
    expect(json(await change(path, { domains: ['example.com'] })).warnings).toEqual([])
    expect((await change(path, { domains: [] })).status).toBe(400)
    expect(json(await change(path, { domains: [], accept_any_origin: true })).warnings).toHaveLength(1)
  })

  it('each entry that is no domain is named', async () => {
    const body = { name: 'x', domains: ['https://a.example', 'ok.example', 'b.example/path', ' '] }
    const { error, detail } = json(await call('POST', base, { body }))
    expect(error).toBe('invalid_request')
    for (const named of ['domains.0: "https://a.example"', 'domains.2: "b.example/path"', 'domains.3:'])
      expect(detail).toContain(named)
    expect(detail).not.toContain('domains.1')
  })

  it('PATCH changes name and domains; a use in between is no conflict, another change is', async () => {
    const { path, key } = await made()
    const match = await etagOf(path)
    await app().chat(turn({ publicKey: key }), { origin: 'https://example.com' })
    expect(json(await call('GET', path)).last_used_at).not.toBeNull()
    expect((await call('PATCH', path, { body: { name: 'x' } })).status).toBe(428)
    const edits = ['a', 'b', 'c'].map((name) =>
      call('PATCH', path, { match, body: { name, domains: ['new.example'] } }),
    )
    expect((await Promise.all(edits)).map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
    expect([await opens(key), await opens(key, 'https://new.example')]).toEqual([403, 200])
  })

  it('no other field is taken, and the row stays the same', async () => {
    const { path, id } = await made()
    const row = async () => (await app().ports.db.execute(sql`select * from keys where id = ${id}`)).rows
    const before = await row()
    for (const field of ['workspace_id', 'bot_id', 'id', 'public_key', 'revoked_at', 'last_used_at', 'created_at'])
      expect([field, (await change(path, { name: 'x', [field]: null })).status]).toEqual([field, 400])
    for (const field of ['workspace_id', 'bot_id', 'public_key', 'revoked_at'])
      expect((await call('POST', base, { body: { name: 'x', domains: ['a.example'], [field]: null } })).status).toBe(
        400,
      )
    expect(await row()).toEqual(before)
  })

  it('rotating makes a second key; both work until the first is revoked, which cannot be undone', async () => {
    const { path, key, id } = await made(['example.com'], 'Shop')
    const second = json(await call('POST', `${path}rotate/`))
    expect(second).toMatchObject({
      name: expect.stringMatching(/^Shop \(rotated \d{4}-\d\d-\d\d\)$/),
      domains: ['example.com'],
    })
    expect([await opens(key), await opens(second.public_key)]).toEqual([200, 200])
    const revoked = json(await call('POST', `${path}revoke/`))
    expect(revoked.revoked_at).not.toBeNull()
    expect([await opens(key), await opens(second.public_key)]).toEqual([401, 200])
    expect(json(await call('POST', `${path}revoke/`)).revoked_at).toBe(revoked.revoked_at)
    expect(json(await change(path, { domains: [], accept_any_origin: true })).error).toBe('conflict')
    expect(json(await call('POST', `${path}rotate/`)).error).toBe('conflict')
    expect((await call('POST', `${path}allow-origin/`, { body: { origin: 'https://a.example' } })).status).toBe(409)
    const { rows } = await app().ports.db.execute<{ action: string }>(
      sql`select action from audit_events where target_id in (${id}, ${second.id}) order by id`,
    )
    expect(rows.map(({ action }) => action)).toEqual(['key.created', 'key.rotated', 'key.revoked'])
  })

  it('a key of another bot, and of another workspace, is not there', async () => {
    const { id } = await made()
    const other = await saveBot(app().ports, tenant.workspaceId, { name: 'Other' })
    const stranger = await app().tenant()
    for (const path of [base.replace(tenant.botId, other) + id, `${base}${stranger.keyId}`]) {
      expectRefusal(await call('GET', `${path}/`), 404, 'not_found')
      for (const action of ['rotate', 'revoke'])
        expectRefusal(await call('POST', `${path}/${action}/`), 404, 'not_found')
    }
    expect(await opens(stranger.publicKey)).toBe(200)
  })

  it('GET pages through the keys, each once, the newest first', async () => {
    const own = await app().tenant()
    const path = `/api/workspaces/${own.workspaceId}/bots/${own.botId}/keys/`
    const { token: as } = await app().member(own.workspaceId, 'editor')
    const list = (query: string) => get(app(), path + query, { headers: bearer(as) })
    for (const name of ['a', 'b', 'c'])
      await post(app(), path, { name, domains: ['x.example'] }, { headers: bearer(as) })
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { keys: { name: string }[]; next_cursor: string | null } = json(
        await list(`?limit=2${cursor && `&cursor=${cursor}`}`),
      )
      seen.push(...page.keys.map(({ name }) => name))
      cursor = page.next_cursor
    }
    expect(seen).toEqual(['c', 'b', 'a', 'Site'])
  })

  describe('origins that were refused', () => {
    const refusedOf = async (path: string): Promise<{ origin: string; times: number }[]> =>
      json(await call('GET', path)).refused_origins

    it('are listed, and one click allows them', async () => {
      const { path, key } = await made()
      // Each is noted in the background: the order is that of the notes.
      for (const [at, origin] of ['https://www.example.com', 'http://localhost:5173'].entries()) {
        await opens(key, origin)
        await eventually(async () => (await refusedOf(path)).length === at + 1)
      }
      await opens(key, 'https://www.example.com')
      expect(await refusedOf(path)).toMatchObject([
        { origin: 'http://localhost:5173', times: 1 },
        { origin: 'https://www.example.com', times: 1 },
      ])
      const allowed = json(await call('POST', `${path}allow-origin/`, { body: { origin: 'http://localhost:5173' } }))
      expect(allowed.domains).toEqual(['example.com', 'localhost:5173'])
      expect(allowed.refused_origins).toMatchObject([{ origin: 'https://www.example.com' }])
      expect(await opens(key, 'http://localhost:5173')).toBe(200)
    })

    it('are at most twenty, and only what a browser sends', async () => {
      const { path, key } = await made()
      for (const origin of [
        'null',
        'https://a.example/',
        'HTTPS://A.EXAMPLE',
        'x',
        `https://${'a'.repeat(400)}.example`,
      ])
        expect(await opens(key, origin)).toBe(403)
      await Promise.all(Array.from({ length: 60 }, (_, at) => opens(key, `https://flood-${at}.example`)))
      await eventually(async () => (await refusedOf(path)).length === 20)
      expect(
        (await refusedOf(path)).every(({ origin, times }) => /^https:\/\/flood-/.test(origin) && times === 1),
      ).toBe(true)
      const { rows } = await app().ports.db.execute<{ count: number }>(sql`select count(*) from refused_origins
        where key_id = ${path.split('/').at(-2)}`)
      expect(rows[0]?.count).toBe(20)
    })

    it('what is no origin cannot be allowed, nor anything for a key that takes all', async () => {
      const { path } = await made()
      for (const origin of ['null', 'example.org', 'https://a.example/x', 'ftp://a.example', 'https://*.a.example'])
        expect([origin, (await call('POST', `${path}allow-origin/`, { body: { origin } })).status]).toEqual([
          origin,
          400,
        ])
      const open = await made([])
      const answer = await call('POST', `${open.path}allow-origin/`, { body: { origin: 'https://a.example' } })
      expect([answer.status, json(answer).detail]).toEqual([409, 'The key takes any origin already.'])
    })
  })

  const onPostgres = lane.name === 'PostgreSQL' ? it : () => {}
  onPostgres('a revoked key ends streams of another process within a second', async () => {
    await using second = await startApp(beside(app()))
    const own = await knowing(second, { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
    const { token: as } = await app().member(own.workspaceId, 'editor')
    const stream = await second.openChat(turn(own, { session_id: randomUUID() }))
    await stream.until('token')
    const path = `/api/workspaces/${own.workspaceId}/bots/${own.botId}/keys/${own.keyId}/revoke/`
    expect((await post(app(), path, undefined, { headers: bearer(as) })).status).toBe(200)
    await stream.ended
    expect(stream.events.slice(-2)).toMatchObject([
      { event: 'error', data: { code: 'key_revoked' } },
      { event: 'done', data: { finish_reason: 'error' } },
    ])
    expectRefusal(await post(second, '/api/chat/', turn(own)), 401, 'invalid_api_key')
  })
})

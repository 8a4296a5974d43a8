import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Role } from '@mevichat/protocol/roles.ts'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import type { UserId, WorkspaceId } from '../../server/src/platform/id.ts'
import { enqueue } from '../../server/src/platform/jobs/jobs.ts'
import { endDeleted } from '../../server/src/worker.ts'
import { saveMember } from '../../server/src/workspaces/workspaces.ts'
import { lanes } from '../../server/testing/database.ts'
import type { Answer, SendOptions } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, knowing, replying, turn, useApp } from './scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
const json = ({ json }: Answer): any => json

/** Node’s client sends the body of a DELETE without its length. */
const lengthOf = (body: SendOptions['body']) =>
  body === undefined ? {} : { 'content-length': String(Buffer.byteLength(JSON.stringify(body))) }

interface Person {
  userId: UserId
  token: string
}

describe.each(lanes)('workspaces on $name', (lane) => {
  const app = useApp(lane)
  let workspaceId: WorkspaceId
  let base: string
  let owner: Person

  /** A session stands in the cookie by its person's id. */
  beforeEach(async () => {
    app().ports.sessions = {
      userOf: async ({ cookie }) => (cookie?.startsWith('who=') ? (cookie.slice(4) as UserId) : null),
    }
    workspaceId = (await app().tenant()).workspaceId
    base = `/api/workspaces/${workspaceId}/`
    owner = await app().member(workspaceId, 'owner')
  })

  const call = (person: Person, method: string, path: string, body?: SendOptions['body'], headers = {}) =>
    get(app(), path, {
      method,
      headers: { ...bearer(person.token), ...lengthOf(body), ...headers },
      ...(body !== undefined && { body }),
    })
  const bySession = ({ userId }: Pick<Person, 'userId'>, method: string, path: string, body?: object) =>
    get(app(), path, {
      method,
      headers: {
        cookie: `who=${userId}`,
        origin: app().url,
        ...(body && { 'content-type': 'application/json' }),
        ...lengthOf(body),
      },
      ...(body && { body }),
    })
  const change = async (person: Person, path: string, body: object) => {
    const { etag } = (await call(person, 'GET', path)).headers
    return call(person, 'PATCH', path, body, { 'if-match': String(etag) })
  }
  const roleOf = async ({ userId }: Person): Promise<Role | undefined> =>
    (
      await app().ports.db.execute<{ role: Role }>(
        sql`select role from members where workspace_id = ${workspaceId} and user_id = ${userId}`,
      )
    ).rows[0]?.role
  const owners = async () =>
    (await app().ports.db.execute(sql`select 1 from members where workspace_id = ${workspaceId} and role = 'owner'`))
      .rows.length

  it('GET /api/me/ › a token sees its own workspace alone, a session all, another’s suspended one marked', async () => {
    const other = (await app().tenant()).workspaceId
    await saveMember(app().ports, other, owner.userId, 'viewer')
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${other}`)
    const me = json(await call(owner, 'GET', '/api/me/'))
    expect(me.user.id).toBe(owner.userId)
    expect(me.workspaces).toMatchObject([{ id: workspaceId, role: 'owner', is_suspended: false }])
    const all = json(await bySession(owner, 'GET', '/api/me/')).workspaces
    expect(all.map(({ id, is_suspended }: { id: string; is_suspended: boolean }) => [id, is_suspended]).sort()).toEqual(
      [
        [workspaceId, false],
        [other, true],
      ].sort(),
    )
    const first = json(await bySession(owner, 'GET', '/api/workspaces/?limit=1'))
    const second = json(await bySession(owner, 'GET', `/api/workspaces/?limit=1&cursor=${first.next_cursor}`))
    expect([...first.workspaces, ...second.workspaces]).toHaveLength(2)
    expect(second.next_cursor).toBeNull()
  })

  it('POST /api/workspaces/ › a session makes five in a day, deleted ones counted; a token none', async () => {
    expect((await call(owner, 'POST', '/api/workspaces/', { name: 'Mine' })).status).toBe(403)
    const made = await Promise.all(
      Array.from({ length: 8 }, () => bySession(owner, 'POST', '/api/workspaces/', { name: 'Mine' })),
    )
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 429, 429, 429])
    const [id] = made.filter(({ status }) => status === 201).map((answer) => json(answer).id)
    expect((await bySession(owner, 'DELETE', `/api/workspaces/${id}/`, { name: 'Mine' })).status).toBe(204)
    expectRefusal(await bySession(owner, 'GET', `/api/workspaces/${id}/`), 404, 'not_found')
    expect((await bySession(owner, 'POST', '/api/workspaces/', { name: 'Mine' })).status).toBe(429)
    expect(json(made.find(({ status }) => status === 201) as Answer).plan).toBe(
      lane.name === 'PGlite' ? 'unlimited' : 'free',
    )
  })

  it('PATCH › renames with If-Match, and takes no other field', async () => {
    expect((await call(owner, 'PATCH', base, { name: 'New' })).status).toBe(428)
    const { etag } = (await call(owner, 'GET', base)).headers
    expect(json(await change(owner, base, { name: 'New' })).name).toBe('New')
    expect((await call(owner, 'PATCH', base, { name: 'Newer' }, { 'if-match': String(etag) })).status).toBe(412)
    for (const body of [
      { name: 'X', plan: 'scale' },
      { name: 'X', workspace_id: randomUUID() },
      { name: 'X', role: 'owner', suspended_at: null, id: randomUUID() },
      { name: '\u200b' },
      { name: 'a\nb' },
    ])
      expect([(await change(owner, base, body)).status, body]).toEqual([400, body])
    expect(json(await call(owner, 'GET', base))).toMatchObject({ id: workspaceId, name: 'New', plan: 'unlimited' })
  })

  it('members › nobody raises above their own role, an admin does not touch owners, the last owner stays', async () => {
    const admin = await app().member(workspaceId, 'admin')
    const viewer = await app().member(workspaceId, 'viewer')
    const of = ({ userId }: Person) => `${base}members/${userId}/`
    expect((await change(admin, of(viewer), { role: 'owner' })).status).toBe(403)
    expect((await change(admin, of(owner), { role: 'viewer' })).status).toBe(403)
    expect((await call(admin, 'DELETE', of(owner))).status).toBe(403)
    expect((await change(viewer, of(viewer), { role: 'admin' })).status).toBe(403)
    expect((await change(owner, of(owner), { role: 'admin' })).status).toBe(409)
    expect((await call(owner, 'POST', `${base}leave/`)).status).toBe(409)
    expect((await change(admin, of(viewer), { role: 'editor', workspace_id: randomUUID() })).status).toBe(400)
    expect(json(await change(admin, of(viewer), { role: 'editor' }))).toMatchObject({ role: 'editor' })
    expect((await call(admin, 'DELETE', of(viewer))).status).toBe(204)
    expectRefusal(await call(viewer, 'GET', base), 403, 'forbidden')
    expectRefusal(await bySession(viewer, 'GET', base), 404, 'not_found')
    expect((await call(admin, 'POST', `${base}leave/`)).status).toBe(204)
    expect([await roleOf(owner), await roleOf(admin), await roleOf(viewer)]).toEqual(['owner', undefined, undefined])
  })

  it('members › are listed page by page by every sort, of one role if asked', async () => {
    for (const role of ['admin', 'viewer', 'viewer', 'editor'] as const) await app().member(workspaceId, role)
    for (const sort of ['joined_at', 'name', 'email', 'role']) {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = json(
          await call(owner, 'GET', `${base}members/?sort=${sort}&limit=2&cursor=${cursor}`.replace(/&cursor=$/, '')),
        )
        seen.push(...page.members.map((member: { user_id: string }) => member.user_id))
        cursor = page.next_cursor
      }
      expect([sort, new Set(seen).size, seen.length]).toEqual([sort, 5, 5])
    }
    expect(json(await call(owner, 'GET', `${base}members/?role=viewer`)).members).toHaveLength(2)
    expect((await call(owner, 'GET', `${base}members/?sort=user_id;drop`)).status).toBe(400)
  })

  it('transfer › the member becomes owner, the old one admin; a stranger cannot become owner', async () => {
    const stranger = await app().member((await app().tenant()).workspaceId, 'owner')
    const viewer = await app().member(workspaceId, 'viewer')
    expect((await call(owner, 'POST', `${base}transfer/`, { user_id: stranger.userId })).status).toBe(409)
    expect(json(await call(owner, 'POST', `${base}transfer/`, { user_id: viewer.userId })).role).toBe('admin')
    expect([await roleOf(owner), await roleOf(viewer)]).toEqual(['admin', 'owner'])
  })

  it('two owners who both leave, demote each other, or both transfer at the same time leave one owner at least', async () => {
    for (let round = 0; round < 3; round++) {
      const other = await app().member(workspaceId, 'owner')
      const of = ({ userId }: Person) => `${base}members/${userId}/`
      const acts = [
        () => [call(owner, 'POST', `${base}leave/`), call(other, 'POST', `${base}leave/`)],
        () => [
          call(owner, 'PATCH', of(owner), { role: 'viewer' }, { 'if-match': '*' }),
          call(other, 'PATCH', of(other), { role: 'viewer' }, { 'if-match': '*' }),
        ],
        () => [call(owner, 'DELETE', of(other)), call(other, 'DELETE', of(owner))],
      ]
      const answers = await Promise.all(acts[round]?.() ?? [])
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
      expect(await owners()).toBe(1)
      await saveMember(app().ports, workspaceId, owner.userId, 'owner')
      await app().ports.db.execute(
        sql`delete from members where workspace_id = ${workspaceId} and user_id <> ${owner.userId}`,
      )
    }
  })

  it('a suspended workspace refuses every kind of credential', async () => {
    const tenant = await knowing(app())
    const person = await app().member(tenant.workspaceId, 'owner')
    const path = `/api/workspaces/${tenant.workspaceId}/`
    const pat = json(await call(person, 'POST', `${path}personal-tokens/`, { name: 'Script' })).token
    const exchange = () => get(app(), '/api/auth/token/', { method: 'POST', headers: bearer(pat) })
    const before = [await call(person, 'GET', path), await bySession(person, 'GET', path), await exchange()]
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200])
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${tenant.workspaceId}`)
    expectRefusal(await call(person, 'GET', path), 403, 'forbidden')
    expectRefusal(await bySession(person, 'GET', path), 403, 'forbidden')
    expectRefusal(await exchange(), 403, 'forbidden')
    expect((await app().chat(turn(tenant))).status).toBe(401)
    expectRefusal(await call(person, 'GET', '/api/me/'), 403, 'forbidden')
  })

  it('usage › has the plan, this month and the eleven before it', async () => {
    await app().ports.db.execute(sql`
      insert into usage_months (workspace_id, month, used, reserved, calls)
      values (${workspaceId}, date_trunc('month', now() at time zone 'utc')::date, 7, 1, 9),
        (${workspaceId}, (date_trunc('month', now() at time zone 'utc') - interval '2 months')::date, 3, 0, 4)`)
    const usage = json(await call(owner, 'GET', `${base}usage/`))
    expect(usage).toMatchObject({ plan: 'unlimited', cap: null, used: 7, reserved: 1, calls: 9 })
    expect(usage.months).toHaveLength(12)
    expect(usage.months.map(({ used }: { used: number }) => used).slice(0, 4)).toEqual([7, 0, 3, 0])
    expect(Date.parse(usage.resets_at)).toBeGreaterThan(Date.now())
    expect(Date.parse(usage.period_start)).toBeLessThanOrEqual(Date.now())
  })

  it('DELETE › everything goes: no row, job, index or file of it is left, and its streams end', async () => {
    const canary = 'CANARYWORKSPACE'
    const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: `${canary} two.` }) })
    const theirs = tenant.workspaceId
    const person = await app().member(theirs, 'owner')
    const path = `/api/workspaces/${theirs}/`
    expect((await change(person, path, { name: canary })).status).toBe(200)
    const stream = await app().openChat(
      turn(tenant, { visitor_id: canary, message: `${canary} working days of a refund?` }),
    )
    await stream.until('meta')
    expect(
      (await call(person, 'POST', `${path}invitations/`, { email: `${canary}@example.com`, role: 'viewer' })).status,
    ).toBe(201)
    await enqueue(app().ports.db, 'ingest-source', { workspaceId: theirs, botId: tenant.botId, note: canary })
    await fillEveryTable(theirs, canary)
    const folder = join(app().ports.dataDir, 'files', theirs, tenant.botId)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, randomUUID()), canary)

    expect((await call(person, 'DELETE', path, { name: 'Another' })).status).toBe(400)
    expect((await call(await app().member(theirs, 'admin'), 'DELETE', path, { name: canary })).status).toBe(403)
    expect((await call(person, 'DELETE', path, { name: canary })).status).toBe(204)
    expect((await call(person, 'GET', path)).status).toBe(403)
    expectRefusal(await bySession(person, 'GET', path), 404, 'not_found')
    await stream.ended
    await app().ports.liveTurns.whenIdle()
    await endDeleted({ ...app().ports, pool: app().database.pool })

    expect(await tablesWith(canary, theirs)).toEqual([])
    if (existsSync(join(app().ports.dataDir, 'files')))
      expect(
        filesUnder(join(app().ports.dataDir, 'files')).filter((file) => readFileSync(file).includes(canary)),
      ).toEqual([])
    expect(existsSync(join(app().ports.dataDir, 'files', theirs))).toBe(false)
  })

  /** A row in each table that has a workspace and hangs on it alone; those of bots come by foreign keys. */
  async function fillEveryTable(id: WorkspaceId, canary: string) {
    const { db } = app().ports
    const { rows } = await db.execute<{ bot: string; user: string }>(sql`
      select (select id from bots where workspace_id = ${id} limit 1) as bot, (select user_id from members where workspace_id = ${id} limit 1) as user`)
    const [{ bot, user } = { bot: '', user: '' }] = rows
    const statements = [
      sql`insert into personal_tokens (workspace_id, id, user_id, name, token_hash, last_four) values (${id}, gen_random_uuid(), ${user}, ${canary}, ${canary}, 'abcd')`,
      sql`insert into erased_visitors (workspace_id, visitor_hash) values (${id}, ${canary})`,
      sql`insert into model_credentials (workspace_id, id, provider, name, sealed_key, last_four) values (${id}, gen_random_uuid(), 'openai', ${canary}, ${canary}, 'abcd')`,
      sql`insert into model_prices (workspace_id, id, model, input, output, currency) values (${id}, gen_random_uuid(), ${canary}, 1, 1, 'EUR')`,
      sql`insert into avatars (workspace_id, bot_id, id, image) values (${id}, ${bot}, gen_random_uuid(), convert_to(${canary}, 'utf8'))`,
      sql`insert into bot_versions (workspace_id, bot_id, number, settings) values (${id}, ${bot}, 99, jsonb_build_object('name', ${canary}::text))`,
      sql`insert into refused_origins (workspace_id, key_id, origin) select workspace_id, id, ${canary} from keys where workspace_id = ${id}`,
      sql`insert into audit_events (workspace_id, action, target_name) values (${id}, 'bot.changed', ${canary})`,
      sql`insert into usage_months (workspace_id, month) values (${id}, '2020-01-01')`,
    ]
    for (const statement of statements) await db.execute(statement)
  }

  /** Every table of the database, pg-boss's too, in which a row says the canary or names the workspace. */
  async function tablesWith(canary: string, id: WorkspaceId): Promise<string[]> {
    const { db } = app().ports
    const { rows } = await db.execute<{ name: string }>(sql`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
    expect(rows.length).toBeGreaterThan(30)
    const found: string[] = []
    for (const { name } of rows) {
      const hits = await db.execute(sql`
        select 1 from ${sql.raw(name)} t where t::text like ${`%${canary}%`} or t::text like ${`%${id}%`}
          or t::text like ${`%${canary.toLowerCase()}%`} or t::text like ${`%${Buffer.from(canary).toString('hex')}%`} limit 1`)
      if (hits.rows.length > 0) found.push(name)
    }
    const indexes = await db.execute(sql`select 1 from pg_indexes where indexdef like ${`%${id}%`}`)
    return indexes.rows.length > 0 ? [...found, 'pg_indexes'] : found
  }

  function filesUnder(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  }
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkspaceId } from '../../server/src/platform/id.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { send } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, post, useApp } from './scene.ts'

interface Made {
  id: string
  name: string
  token: string
  last_four: string
  expires_at: string | null
  last_used_at: string | null
}

describe.each(lanes)('personal tokens on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  beforeAll(async () => {
    tenant = await app().tenant()
  })

  const pathIn = (workspaceId: WorkspaceId) => `/api/workspaces/${workspaceId}/personal-tokens/`
  const member = (role: 'viewer' | 'owner' = 'viewer', { workspaceId } = tenant) => app().member(workspaceId, role)
  type Person = Awaited<ReturnType<typeof member>>

  const createAs = ({ token }: Person, body: object, workspaceId = tenant.workspaceId) =>
    post(app(), pathIn(workspaceId), body, { headers: bearer(token) })
  async function make(person: Person, fields: object = {}, workspaceId = tenant.workspaceId): Promise<Made> {
    const { status, json } = await createAs(person, { name: 'Nightly export', ...fields }, workspaceId)
    expect(status).toBe(201)
    return json as Made
  }
  async function listOf({ token }: Person): Promise<Made[]> {
    const { json } = await get(app(), pathIn(tenant.workspaceId), { headers: bearer(token) })
    return (json as { personal_tokens: Made[] }).personal_tokens
  }
  const revokeAs = ({ token }: Person, id: string, workspaceId = tenant.workspaceId) =>
    send(`${app().url}${pathIn(workspaceId)}${id}/`, { method: 'DELETE', headers: bearer(token) })
  const exchange = (token: string) => post(app(), '/api/auth/token/', undefined, { headers: bearer(token) })
  async function tokenFor(personal: string): Promise<string> {
    const { status, json } = await exchange(personal)
    expect(status).toBe(200)
    return (json as { token: string }).token
  }
  const sourcesWith = (token: string) =>
    get(app(), `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`, { headers: bearer(token) })

  it('is shown once, with 256 random bits, and kept as a hash', async () => {
    const person = await member()
    const made = await make(person)
    expect(made.token).toMatch(/^mvc_pat_[\w-]{43}$/)
    expect(made.last_four).toBe(made.token.slice(-4))
    const { token, ...rest } = made
    expect(await listOf(person)).toEqual([rest])
    const { rows } = await app().ports.db.execute<{ row: string }>(sql`
      select personal_tokens::text as row from personal_tokens where id = ${made.id}`)
    expect(rows[0]?.row).not.toContain(token.slice('mvc_pat_'.length))
    const listed = await get(app(), pathIn(tenant.workspaceId), { headers: bearer(person.token) })
    expect(listed.body).not.toMatch(/hash|[0-9a-f]{64}/)
  })

  it('POST /api/auth/token/ › a personal token gets a token for its person in its workspace, which opens the API', async () => {
    const person = await member()
    const { token } = await make(person)
    const answer = await exchange(token)
    expect(answer.status).toBe(200)
    const { token: jwt, expires_in } = answer.json as { token: string; expires_in: number }
    expect(expires_in).toBe(600)
    const { sub, workspace, role } = decodeJwt(jwt)
    expect({ sub, workspace, role }).toEqual({ sub: person.userId, workspace: tenant.workspaceId, role: 'viewer' })
    expect((await sourcesWith(jwt)).status).toBe(200)
  })

  it('opens no door but the exchange', async () => {
    const { token } = await make(await member('owner'))
    expectRefusal(await sourcesWith(token), 401, 'not_authenticated')
    expectRefusal(await post(app(), '/api/chat/playground/', {}, { headers: bearer(token) }), 401, 'not_authenticated')
  })

  it('notes when it was last used, a minute late at most', async () => {
    const person = await member()
    const { id, token, last_used_at } = await make(person)
    expect(last_used_at).toBeNull()
    const lastUsed = async () => (await listOf(person)).find((one) => one.id === id)?.last_used_at
    await tokenFor(token)
    const first = await lastUsed()
    expect(first).toMatch(/Z$/)
    await tokenFor(token)
    expect(await lastUsed()).toBe(first)
    await app().ports.db.execute(
      sql`update personal_tokens set last_used_at = now() - interval '61 seconds' where id = ${id}`,
    )
    await tokenFor(token)
    expect(Date.parse((await lastUsed()) ?? '')).toBeGreaterThanOrEqual(Date.parse(first ?? ''))
  })

  it('DELETE › is exchanged for nothing from the next request on, and is gone from the list', async () => {
    const person = await member()
    const { id, token } = await make(person)
    await tokenFor(token)
    expect((await revokeAs(person, id)).status).toBe(204)
    expectRefusal(await exchange(token), 401, 'not_authenticated')
    expect(await listOf(person)).toEqual([])
    expectRefusal(await revokeAs(person, id), 404, 'not_found')
  })

  it('DELETE › 404 for another member’s, an unknown one, and one of another workspace', async () => {
    const { id, token } = await make(await member())
    const other = await app().tenant()
    const owner = await member('owner')
    const elsewhere = await make(await member('owner', other), {}, other.workspaceId)
    for (const one of [id, elsewhere.id, randomUUID(), 'x']) expectRefusal(await revokeAs(owner, one), 404, 'not_found')
    expect(await listOf(owner)).toEqual([])
    await tokenFor(token)
  })

  it('expires after its days', async () => {
    const person = await member()
    const { id, token, expires_at } = await make(person, { expires_in_days: 30 })
    const days = (Date.parse(expires_at ?? '') - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(30)
    await tokenFor(token)
    await app().ports.db.execute(sql`update personal_tokens set expires_at = now() where id = ${id}`)
    expectRefusal(await exchange(token), 401, 'not_authenticated')
  })

  it.each([
    ['no name', {}],
    ['an empty name', { name: ' ' }],
    ['a name of 101 characters', { name: 'a'.repeat(101) }],
    ['no days', { name: 'a', expires_in_days: 0 }],
    ['366 days', { name: 'a', expires_in_days: 366 }],
    ['half a day', { name: 'a', expires_in_days: 0.5 }],
    ['a user of one’s choice', { name: 'a', user_id: randomUUID() }],
    ['a hash of one’s choice', { name: 'a', token_hash: 'a' }],
  ])('POST › 400 for %s', async (_, body) => {
    const { status, json } = await createAs(await member(), body)
    expect([status, json]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })])
  })

  it('POST › 409 conflict for the 51st, also when they come at once', async () => {
    const person = await member()
    const answers = await Promise.all(Array.from({ length: 52 }, () => createAs(person, { name: 'Many' })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2)
    expect(await listOf(person)).toHaveLength(50)
  })

  it('a removed member’s personal token is gone with the membership, and what it was exchanged for opens nothing', async () => {
    const person = await member('owner')
    const { token } = await make(person)
    const jwt = await tokenFor(token)
    await app().ports.db.execute(sql`
      delete from members where workspace_id = ${tenant.workspaceId} and user_id = ${person.userId}`)
    expectRefusal(await exchange(token), 401, 'not_authenticated')
    expectRefusal(await sourcesWith(jwt), 403, 'forbidden')
    const { rows } = await app().ports.db.execute(sql`select 1 from personal_tokens where user_id = ${person.userId}`)
    expect(rows).toEqual([])
  })

  it('401 for the personal token of a deleted user', async () => {
    const person = await member()
    const { token } = await make(person)
    await app().ports.db.execute(sql`update users set deleted_at = now() where id = ${person.userId}`)
    expectRefusal(await exchange(token), 401, 'not_authenticated')
  })

  it('403 forbidden in a suspended workspace', async () => {
    const other = await app().tenant()
    const { token } = await make(await member('owner', other), {}, other.workspaceId)
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${other.workspaceId}`)
    expectRefusal(await exchange(token), 403, 'forbidden')
  })

  it('401 for what is not one to the letter', async () => {
    const { token } = await make(await member())
    for (const wrong of [token.slice(0, -1), `${token}A`, token.toUpperCase(), token.replace('mvc_pat_', 'mvc_pk_')])
      expectRefusal(await exchange(wrong), 401, 'not_authenticated')
    await tokenFor(token)
  })

  it('says in the audit log who made and who revoked it, and nothing of the token', async () => {
    const person = await member()
    const { id, token } = await make(person, { name: 'Logged' })
    await revokeAs(person, id)
    const { rows } = await app().ports.db.execute(sql`
      select action, user_id, target_kind, target_id, target_name, details from audit_events
      where workspace_id = ${tenant.workspaceId} and user_id = ${person.userId} order by id`)
    const about = { user_id: person.userId, target_kind: 'personal_token', target_id: id, target_name: 'Logged' }
    expect(rows).toEqual([
      { action: 'personal_token.created', ...about, details: null },
      { action: 'personal_token.revoked', ...about, details: null },
    ])
    expect(JSON.stringify(rows)).not.toContain(token.slice(8))
  })
})

import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { recordEvent } from '../../server/src/audit/audit.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import type { Answer } from '../../server/testing/http.ts'
import { bearer, get, useApp } from './scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
const json = ({ json }: Answer): any => json

describe.each(lanes)('the audit log on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  let base: string
  let admin: Awaited<ReturnType<ReturnType<typeof app>['member']>>

  beforeEach(async () => {
    tenant = await app().tenant()
    base = `/api/workspaces/${tenant.workspaceId}/`
    admin = await app().member(tenant.workspaceId, 'admin')
  })
  const call = (method: string, path: string, body?: object, headers = {}) =>
    get(app(), path, { method, headers: { ...bearer(admin.token), ...headers }, ...(body && { body }) })
  const events = async (query = '') => json(await call('GET', `${base}audit/${query}`)).events
  const actions = async (query = ''): Promise<string[]> =>
    (await events(query)).map(({ action }: { action: string }) => action)

  it('says who did what to which source, member and invitation', async () => {
    const sources = `${base}bots/${tenant.botId}/sources/`
    const source = json(await call('POST', sources, { kind: 'text', title: 'Hours', content: 'Nine to five.' }))
    const { etag } = (await call('GET', `${sources}${source.id}/`)).headers
    await call('PATCH', `${sources}${source.id}/`, { schedule: 'daily' }, { 'if-match': String(etag) })
    await call('DELETE', `${sources}${source.id}/`)
    await call('PATCH', base, { name: 'Renamed' }, { 'if-match': '*' })
    const viewer = await app().member(tenant.workspaceId, 'viewer')
    await call('PATCH', `${base}members/${viewer.userId}/`, { role: 'editor' }, { 'if-match': '*' })
    await call('DELETE', `${base}members/${viewer.userId}/`)
    const { id } = json(await call('POST', `${base}invitations/`, { email: 'a@example.com', role: 'viewer' }))
    await call('DELETE', `${base}invitations/${id}/`)
    expect(await actions()).toEqual([
      'invitation.revoked',
      'invitation.created',
      'member.removed',
      'member.role_changed',
      'workspace.renamed',
      'source.removed',
      'source.changed',
      'source.added',
    ])
    expect((await events('?action=source.added'))[0]).toMatchObject({
      user: { id: admin.userId },
      target: { kind: 'source', id: source.id, name: 'Hours' },
      details: { bot_id: tenant.botId },
    })
    expect(await actions(`?target_id=${source.id}`)).toHaveLength(3)
    expect(await actions('?target_kind=invitation')).toHaveLength(2)
    expect(await actions(`?user_id=${viewer.userId}`)).toEqual([])
    const past = new Date(Date.now() - 3_600_000).toISOString()
    expect([(await actions(`?from=${past}`)).length, (await actions(`?to=${past}`)).length]).toEqual([8, 0])
  })

  it('is paged, newest first, and says nothing of another workspace', async () => {
    const other = await app().tenant()
    await recordEvent(app().ports.db, other.workspaceId, { userId: null, action: 'bot.created' })
    for (let at = 0; at < 7; at++)
      await recordEvent(app().ports.db, tenant.workspaceId, {
        userId: null,
        action: 'bot.changed',
        target: { kind: 'bot', id: String(at) },
      })
    const seen: string[] = []
    for (let query = '?limit=3'; query !== ''; ) {
      const page = json(await call('GET', `${base}audit/${query}`))
      seen.push(...page.events.map(({ target }: { target: { id: string } }) => target.id))
      query = page.next_cursor === null ? '' : `?limit=3&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0'])
  })

  it('is refused to an editor, and takes no hostile filter', async () => {
    const editor = await app().member(tenant.workspaceId, 'editor')
    expect((await get(app(), `${base}audit/`, { headers: bearer(editor.token) })).status).toBe(403)
    await recordEvent(app().ports.db, tenant.workspaceId, { userId: null, action: 'bot.changed' })
    const hostile = ["' or 1=1--", '"; drop table users;--', '\0', '%', '_', "x' || pg_sleep(1) || '", '{"$ne":1}']
    for (const field of ['action', 'user_id', 'target_id', 'target_kind', 'from', 'to', 'cursor', 'limit']) {
      for (const value of hostile) {
        const answer = await call('GET', `${base}audit/?${field}=${encodeURIComponent(value)}`)
        const isNothing = answer.status === 200 && json(answer).events.length === 0
        expect([field, value, answer.status === 400 || isNothing]).toEqual([field, value, true])
      }
    }
  })

  it('cannot be changed or deleted, and goes with its workspace alone', async () => {
    const { db } = app().ports
    await recordEvent(db, tenant.workspaceId, { userId: null, action: 'bot.changed' })
    const of = sql`where workspace_id = ${tenant.workspaceId}`
    for (const statement of [sql`update audit_events set action = 'x' ${of}`, sql`delete from audit_events ${of}`])
      await expect(db.execute(statement)).rejects.toMatchObject({ cause: { message: 'audit events are append-only' } })
    expect(await actions()).toEqual(['bot.changed'])
    await db.execute(sql`delete from workspaces where id = ${tenant.workspaceId}`)
    expect((await db.execute(sql`select 1 from audit_events ${of}`)).rows).toEqual([])
  })
})

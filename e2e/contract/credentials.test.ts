import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { CredentialAnswer } from '@mevichat/protocol/credentials.ts'
import { roles } from '@mevichat/protocol/roles.ts'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import type { CredentialId } from '../../server/src/platform/id.ts'
import { freshAddress, startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { type Answer, send } from '../../server/testing/http.ts'
import { type ModelServer, startModelServer } from '../../server/testing/model-server.ts'
import { bearer, beside, expectRefusal, knowing, question, replying, turn, useApp } from './scene.ts'
import { skippableClock } from './skippable-clock.ts'

/** Loopback is where the stand-ins are. */
const env = { MEVICHAT_EGRESS_ALLOW: '127.0.0.1' }

const keyOf = ({ headers }: { headers: ModelServer['calls'][number]['headers'] }) =>
  headers.authorization?.replace('Bearer ', '') ?? headers['x-api-key']

interface Admin {
  tenant: Tenant
  call(method: string, path?: string, body?: object, headers?: Record<string, string>): Promise<Answer>
  /** Keeps a key for the stand-in. */
  keep(key: string, fields?: object): Promise<CredentialAnswer>
}

async function adminOf(app: TestApp, tenant: Tenant): Promise<Admin> {
  const { token } = await app.member(tenant.workspaceId, 'admin')
  const call: Admin['call'] = (method, path = '', body, headers = {}) =>
    send(`${app.url}/api/workspaces/${tenant.workspaceId}/credentials/${path}`, {
      method,
      headers: { ...bearer(token), ...headers },
      localAddress: freshAddress(),
      ...(body && { body }),
    })
  return {
    tenant,
    call,
    async keep(key, fields = {}) {
      const answer = await call('POST', '', { provider: 'openai', name: 'Ours', key, ...fields })
      expect([answer.status, answer.body]).toEqual([201, expect.any(String)])
      return answer.json as CredentialAnswer
    },
  }
}

describe.each(lanes)('credentials on $name', (lane) => {
  const app = useApp(lane, { env })
  let theirs: ModelServer
  beforeAll(async () => {
    theirs = await startModelServer()
  })
  afterAll(() => theirs[Symbol.asyncDispose]())
  const baseUrl = () => `${theirs.url}/v1`

  async function scene(bot = replying('ok', { reply: 'Five days.' })) {
    const tenant = await knowing(app(), { bot })
    const admin = await adminOf(app(), tenant)
    const asked = async (on = app()) => (await on.chat(turn(tenant))).events.slice(-2)
    const keysOfChat = () =>
      [...theirs.chatCalls(), ...app().models.chatCalls()]
        .filter(({ model }) => `openai:${model}` === bot.chatModel)
        .map(keyOf)
    return { tenant, admin, bot, asked, keysOfChat }
  }
  const [failed, over] = [
    expect.objectContaining({ event: 'error', data: expect.objectContaining({ code: 'llm_auth_failed' }) }),
    expect.objectContaining({ event: 'done', data: { finish_reason: 'error' } }),
  ]

  it('are kept, listed, changed under If-Match and deleted; the key is in no answer', async () => {
    const { admin } = await scene()
    const kept = await admin.keep('sk-canary-1234', { base_url: `${baseUrl()}/` })
    expect(kept).toMatchObject({
      provider: 'openai',
      name: 'Ours',
      base_url: baseUrl(),
      last_four: '1234',
      problem: null,
    })
    const short = await admin.keep('sk-short', { provider: 'anthropic', name: 'Short' })
    expect(short).toMatchObject({ base_url: null, last_four: '' })
    const listed = await admin.call('GET')
    expect(listed.json).toEqual({ credentials: [short, kept] })

    const one = await admin.call('GET', `${kept.id}/`)
    const etag = String(one.headers.etag)
    expectRefusal({ ...(await admin.call('PATCH', `${kept.id}/`, { name: 'New' })) }, 428, 'precondition_required')
    const renamed = await admin.call('PATCH', `${kept.id}/`, { name: 'New' }, { 'if-match': etag })
    expect(renamed.json).toMatchObject({ name: 'New', last_four: '1234' })
    expectRefusal(
      await admin.call('PATCH', `${kept.id}/`, { name: 'Newer' }, { 'if-match': etag }),
      412,
      'changed_meanwhile',
    )
    const rekeyed = await admin.call(
      'PATCH',
      `${kept.id}/`,
      { key: 'sk-canary-5678' },
      { 'if-match': String(renamed.headers.etag) },
    )
    expect(rekeyed.json).toMatchObject({ name: 'New', base_url: baseUrl(), last_four: '5678' })
    for (const { body } of [listed, one, renamed, rekeyed]) expect(body).not.toContain('canary')

    expect((await admin.call('DELETE', `${kept.id}/`)).status).toBe(204)
    expectRefusal(await admin.call('GET', `${kept.id}/`), 404, 'not_found')
    expectRefusal(await admin.call('DELETE', `${kept.id}/`), 404, 'not_found')
    const { rows } = await app().ports.db.execute<{ action: string; name: string }>(sql`
      select action, target_name as name from audit_events where workspace_id = ${admin.tenant.workspaceId} order by id`)
    expect(rows.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'credential.created Ours',
      'credential.created Short',
      'credential.changed New',
      'credential.changed New',
      'credential.removed New',
    ])
  })

  it('another address needs the key anew', async () => {
    const { admin } = await scene()
    const { id } = await admin.keep('sk-canary-1234', { base_url: baseUrl() })
    const elsewhere = { base_url: 'http://127.0.0.1:1/v1' }
    const refused = await admin.call('PATCH', `${id}/`, elsewhere, { 'if-match': '*' })
    expect(refused).toMatchObject({
      status: 400,
      json: { error: 'invalid_request', detail: expect.stringContaining('key') },
    })
    const taken = await admin.call('PATCH', `${id}/`, { ...elsewhere, key: 'sk-canary-5678' }, { 'if-match': '*' })
    expect(taken.json).toMatchObject({ ...elsewhere, last_four: '5678' })
  })

  it.each([
    'https://evil.example/${JWT_SECRET}',
    'http://example.com/v1',
    'https://10.0.0.1/v1',
    'https://169.254.169.254/latest',
    'https://[::1]/v1',
    'ftp://example.com/',
  ])('base_url %s is refused, when it is kept and when it is tried', async (base_url) => {
    const { admin } = await scene()
    const body = { provider: 'openai', key: 'sk-canary-1234', base_url }
    for (const answer of [
      await admin.call('POST', '', { ...body, name: 'Evil' }),
      await admin.call('POST', 'test/', body),
    ]) {
      expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
      expect(answer.json).toMatchObject({ detail: expect.stringMatching(/^base_url: /) })
      expect(answer.body).not.toContain('canary')
    }
    expect((await admin.call('GET')).json).toEqual({ credentials: [] })
  })

  it('a test says in words what is wrong, before a key is kept and after, and never repeats the key', async () => {
    const { admin } = await scene()
    const body = { provider: 'openai', key: 'sk-canary-1234', base_url: baseUrl() }
    expect((await admin.call('POST', 'test/', body)).json).toMatchObject({ code: null, problem: null })
    const { id } = await admin.keep('sk-canary-1234', { base_url: baseUrl() })
    expect((await admin.call('POST', `${id}/test/?model=test-model`)).json).toMatchObject({ code: null })
    theirs.script.push('http401', 'http401')
    const unkept = await admin.call('POST', 'test/', body)
    const kept = await admin.call('POST', `${id}/test/`)
    for (const answer of [unkept, kept]) {
      expect(answer.json).toMatchObject({ code: 'key_refused', problem: expect.stringContaining('refuses this key') })
      expect(answer.body).not.toContain('canary')
    }
    expect((await admin.call('GET', `${id}/`)).json).toMatchObject({
      tested_at: (kept.json as { tested_at: string }).tested_at,
      problem: expect.stringContaining('refuses this key'),
    })
    const { rows } = await app().ports.db.execute<{ code: string | null }>(sql`
      select details->>'code' as code from audit_events
      where workspace_id = ${admin.tenant.workspaceId} and action = 'credential.tested' order by id`)
    expect(rows.map(({ code }) => code)).toEqual([null, null, 'key_refused', 'key_refused'])
  })

  it.each(roles.slice(0, 2))('a %s sees nothing of them, whichever door is tried', async (role) => {
    const { admin, tenant } = await scene()
    const { id } = await admin.keep('sk-canary-1234')
    const { token } = await app().member(tenant.workspaceId, role)
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['POST', 'test/'],
      ['GET', `${id}/`],
      ['PATCH', `${id}/`],
      ['DELETE', `${id}/`],
      ['POST', `${id}/test/`],
    ] as const) {
      const answer = await admin.call(method, path, undefined, bearer(token))
      expectRefusal(answer, 403, 'forbidden')
    }
  })

  it('of another workspace are not there', async () => {
    const [one, other] = [await scene(), await scene()]
    const { id } = await one.admin.keep('sk-canary-1234')
    for (const [method, path] of [
      ['GET', `${id}/`],
      ['DELETE', `${id}/`],
      ['POST', `${id}/test/`],
    ] as const)
      expectRefusal(await other.admin.call(method, path), 404, 'not_found')
    expectRefusal(await other.admin.call('PATCH', `${id}/`, { name: 'Mine' }, { 'if-match': '*' }), 404, 'not_found')
  })

  describe('a bot is answered with', () => {
    it('its own, else the workspace’s newest of the provider, else the instance’s', async () => {
      const { tenant, admin, asked, keysOfChat, bot } = await scene()
      const other = await scene(bot)
      await asked()
      const first = await admin.keep('sk-first-of-theirs', { base_url: baseUrl() })
      await admin.keep('sk-ant-of-theirs', { provider: 'anthropic' })
      await asked()
      await admin.keep('sk-second-of-theirs', { base_url: baseUrl() })
      await asked()
      await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', credentialId: first.id as CredentialId })
      await asked()
      await other.asked()
      expect(keysOfChat().toSorted()).toEqual(
        ['sk-test', 'sk-first-of-theirs', 'sk-second-of-theirs', 'sk-first-of-theirs', 'sk-test'].toSorted(),
      )
      // The question is embedded on the same account.
      const embedded = theirs.calls.filter(({ kind, prompt }) => kind === 'embeddings' && prompt === question)
      expect(new Set(embedded.map(keyOf))).toEqual(new Set(['sk-first-of-theirs', 'sk-second-of-theirs']))
    })

    it('the default model of the provider of its own, where it names none', async () => {
      const { tenant, admin, asked } = await scene()
      const { id } = await admin.keep('sk-ant-of-theirs', { provider: 'anthropic', base_url: theirs.url })
      await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', chatModel: null, credentialId: id as CredentialId })
      expect(await asked()).toMatchObject([expect.anything(), { data: { finish_reason: 'stop' } }])
      const call = theirs.chatCalls().find(({ headers }) => headers['x-api-key'] === 'sk-ant-of-theirs')
      expect(call).toMatchObject({ path: '/v1/messages', model: 'claude-haiku-5-5' })
    })

    it('llm_auth_failed where its key is refused, and nobody else’s is tried', async () => {
      const { admin, asked, keysOfChat } = await scene(replying('http401'))
      await admin.keep('sk-bad-of-theirs', { base_url: baseUrl() })
      expect(await asked()).toEqual([failed, over])
      expect(keysOfChat()).toEqual(['sk-bad-of-theirs'])
    })

    it('llm_auth_failed where the one it chose is gone', async () => {
      const { tenant, asked, keysOfChat } = await scene()
      await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', credentialId: randomUUID() as CredentialId })
      expect(await asked()).toEqual([failed, over])
      expect(keysOfChat()).toEqual([])
    })
  })

  it('one that bots chose is kept, and they are named; with force they use the next in order', async () => {
    const { tenant, admin, asked, keysOfChat } = await scene()
    const { id } = await admin.keep('sk-chosen-of-theirs', { base_url: baseUrl() })
    await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', credentialId: id as CredentialId })
    const drafted = await saveBot(app().ports, tenant.workspaceId, { name: 'Drafted' })
    const draft = JSON.stringify({ name: 'Drafted', credentialId: id })
    await app().ports.db.execute(sql`update bots set draft = ${draft}::jsonb where id = ${drafted}`)
    const refused = await admin.call('DELETE', `${id}/`)
    expect(refused).toMatchObject({
      status: 409,
      json: { error: 'conflict', detail: expect.stringContaining('“Bot”, “Drafted”') },
    })
    expect((await admin.call('DELETE', `${id}/?force=true`)).status).toBe(204)
    const { rows } = await app().ports.db.execute(sql`
      select credential_id, draft from bots where workspace_id = ${tenant.workspaceId} order by name`)
    expect(rows).toEqual([
      { credential_id: null, draft: null },
      { credential_id: null, draft: { name: 'Drafted', credentialId: null } },
    ])
    await asked()
    expect(keysOfChat()).toEqual(['sk-test'])
  })

  it('one that is deleted in another process is used for five seconds at most', async () => {
    const clock = skippableClock()
    await using second = await startApp(beside(app()), { env, clock })
    const { admin, asked, keysOfChat } = await scene()
    const { id } = await admin.keep('sk-deleted-of-theirs', { base_url: baseUrl() })
    await asked(second)
    await admin.call('DELETE', `${id}/`)
    clock.skip(5_000)
    await asked(second)
    expect([...keysOfChat(), ...second.models.chatCalls().map(keyOf)]).toEqual(['sk-deleted-of-theirs', 'sk-test'])
  })

  it('a row that was copied to another workspace, or given another address, is no key', async () => {
    const [one, other] = [await scene(), await scene()]
    const { db } = app().ports
    await one.admin.keep('sk-first-of-one', { base_url: baseUrl() })
    const { id: newer } = await one.admin.keep('sk-newer-of-one', { base_url: baseUrl() })
    await db.execute(sql`insert into model_credentials (workspace_id, id, provider, name, base_url, sealed_key, last_four)
      select ${other.tenant.workspaceId}, id, provider, name, base_url, sealed_key, last_four
      from model_credentials where workspace_id = ${one.tenant.workspaceId} and id = ${newer}`)
    expect(await other.asked()).toEqual([failed, over])
    expectRefusalOfTest(await other.admin.call('POST', `${newer}/test/`))
    await db.execute(sql`update model_credentials set base_url = ${`${theirs.url}/evil/v1`}
      where workspace_id = ${one.tenant.workspaceId} and id = ${newer}`)
    expect(await one.asked()).toEqual([failed, over])
    expect([...one.keysOfChat(), ...other.keysOfChat()]).toEqual([])
    expect(theirs.calls.filter(({ path }) => path.includes('evil'))).toEqual([])
  })

  const expectRefusalOfTest = (answer: Answer) =>
    expect(answer).toMatchObject({
      status: 409,
      json: { error: 'conflict', detail: expect.stringContaining('opened') },
    })

  it('a workspace has 50 at most', async () => {
    const { admin, tenant } = await scene()
    await admin.keep('sk-canary-1234')
    await app().ports.db.execute(sql`insert into model_credentials (workspace_id, id, provider, name, sealed_key, last_four)
      select workspace_id, gen_random_uuid(), provider, name, sealed_key, last_four
      from model_credentials, generate_series(1, 49) where workspace_id = ${tenant.workspaceId}`)
    const answer = await admin.call('POST', '', { provider: 'openai', name: 'One more', key: 'sk-canary-1234' })
    expect(answer).toMatchObject({ status: 409, json: { error: 'conflict', detail: expect.stringContaining('50') } })
  })
})

describe.each(lanes)('a key on $name', (lane) => {
  const canary = 'sk-CANARY-7e2f9a41c0de'

  it('is in no answer, no log line and no table, whatever is done with it', async () => {
    const logged: string[] = []
    const note = (...said: unknown[]) => void logged.push(inspect(said, { depth: 10 }))
    const log = { info: note, warn: note, error: note, debug: note }
    await using app = await startApp(lane, { env, log })
    await using theirs = await startModelServer()
    const tenant = await knowing(app, { bot: replying('http401') })
    const { call } = await adminOf(app, tenant)
    const heard: Answer[] = []
    const say = async (...asked: Parameters<typeof call>) => {
      const answer = await call(...asked)
      heard.push(answer)
      return answer
    }
    const given = { provider: 'openai', name: 'Ours', key: canary, base_url: `${theirs.url}/v1` }
    const { name: _, ...tried } = given
    theirs.settings.mode = 'http401'
    await say('POST', 'test/', tried)
    await say('POST', '', { ...given, base_url: 'https://10.0.0.1/' })
    await say('POST', '', { ...given, provider: 'nobody' })
    await say('POST', '', { ...given, key: `${canary} with a space` })
    const { id } = (await say('POST', '', given)).json as CredentialAnswer
    await say('POST', `${id}/test/`)
    await say('PATCH', `${id}/`, { key: canary }, { 'if-match': '"old"' })
    await say('PATCH', `${id}/`, { key: canary, name: 'Same' }, { 'if-match': '*' })
    await say('GET')
    await say('GET', `${id}/`)
    const body = turn(tenant)
    const { events } = await app.chat(body)
    expect(events.find(({ event }) => event === 'error')?.data.code).toBe('llm_auth_failed')
    const { token } = await app.member(tenant.workspaceId, 'owner')
    for (const path of [
      `/api/conversations/${body.session_id}/export.json`,
      `/api/workspaces/${tenant.workspaceId}/audit/`,
    ])
      heard.push(await send(`${app.url}${path}`, { headers: bearer(token), localAddress: freshAddress() }))
    await say('DELETE', `${id}/?force=true`)

    expect(theirs.calls.some((one) => keyOf(one) === canary)).toBe(true)
    const { rows } = await app.ports.db.execute<{ name: string }>(sql`
      select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
    const dump: string[] = []
    await call('POST', '', given)
    for (const { name } of rows) {
      const { rows: dumped } = await app.ports.db.execute<{ row: string }>(
        sql`select t::text as row from ${sql.raw(name)} t`,
      )
      dump.push(...dumped.map(({ row }) => row))
    }
    expect(dump.some((row) => row.includes(tenant.workspaceId) && row.includes('credential.changed'))).toBe(true)
    const said = [
      ...heard.map(({ body, headers }) => body + JSON.stringify(headers)),
      JSON.stringify(events),
      ...logged,
      ...dump,
    ]
    expect(said.filter((text) => text.includes('CANARY-7e2f9a41c0de'))).toEqual([])
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { parseEvents, textOf } from '../../server/testing/http.ts'
import {
  bearer,
  callsTo,
  expectRefusal,
  knowing,
  post,
  question,
  refunds,
  replying,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'

describe.each(lanes)('POST /api/chat/playground/ on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  let token: string
  beforeAll(async () => {
    tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]` }), domains: ['example.com'] })
    token = (await app().member(tenant.workspaceId, 'editor')).token
  })
  const body = (fields: Record<string, unknown> = {}) => ({
    bot_id: tenant.botId,
    session_id: randomUUID(),
    message: question,
    ...fields,
  })
  const ask = (fields: Record<string, unknown> = {}, as = token) =>
    post(app(), '/api/chat/playground/', body(fields), { headers: bearer(as) })

  it('200 with the same stream as in chat, from whatever page, without CORS', async () => {
    const answer = await ask()
    const events = parseEvents(answer.body)
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(events.map(({ event }) => event).join(' ')).toMatch(/^meta( token)+ citations done$/)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => at + 1))
    expect(textOf(events)).toBe(`${refunds} [1]`)
  })

  it('its replies count like any other', async () => {
    const own = await app().tenant({ plan: 'free' })
    const { token: as } = await app().member(own.workspaceId, 'owner')
    const finish = async () => parseEvents((await ask({ bot_id: own.botId }, as)).body).at(-1)?.data.finish_reason
    expect(await finish()).toBe('stop')
    expect(await usageOf(app(), own)).toEqual({ used: 1, reserved: 0 })
    await app().ports.db.execute(sql`update usage_months set used = 100 where workspace_id = ${own.workspaceId}`)
    expect(await finish()).toBe('quota_exceeded')
  })

  it.each([undefined, null, 'live', 'draft'])('200 for version %j', async (version) =>
    expect((await ask({ version })).status).toBe(200),
  )

  it('a session keeps its history, and is new under a bot that has not seen it', async () => {
    const session_id = randomUUID()
    await ask({ session_id, message: `${question} CANARY` })
    const model = replying('ok', { reply: 'Other.' })
    const other = await knowing(app(), { bot: model })
    const { token: as } = await app().member(other.workspaceId, 'editor')
    await ask({ session_id, bot_id: other.botId }, as)
    await ask({ session_id, bot_id: other.botId }, as)
    const [first, second] = callsTo(app(), model)
    expect(first?.prompt).not.toContain('CANARY')
    expect(second?.prompt).toContain('Other.')
    expect(await turnsOf(app(), other)).toHaveLength(2)
  })

  it.each([
    ['bot_id missing', { bot_id: undefined }, 404, 'bot_not_found'],
    ['bot_id no UUID', { bot_id: 'x' }, 404, 'bot_not_found'],
    ['bot_id an array', { bot_id: [randomUUID()] }, 404, 'bot_not_found'],
    ['bot_id unknown', { bot_id: randomUUID() }, 404, 'bot_not_found'],
    ['session_id', { session_id: 'x' }, 400, 'invalid_session_id'],
    ['message empty', { message: ' ' }, 400, 'invalid_message'],
    ['message long', { message: 'a'.repeat(4_001) }, 400, 'message_too_long'],
    ['version unknown', { version: 'v2' }, 400, 'invalid_request'],
    ['version an array', { version: ['live'] }, 400, 'invalid_request'],
  ])('%s: %j is refused', async (_, fields, status, code) => expectRefusal(await ask(fields), status, code))

  it.each([
    ['[]', {}, 400, 'invalid_json'],
    ['{', {}, 400, 'invalid_json'],
    [' '.repeat(70_000), {}, 413, 'payload_too_large'],
    ['{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_encoding'],
  ])('the body is held to the rules of chat', async (json, headers, status, code) => {
    const answer = await post(app(), '/api/chat/playground/', json, { headers: { ...bearer(token), ...headers } })
    expectRefusal(answer, status, code)
  })

  it('404 bot_not_found for a bot of another workspace, switched off or deleted, all the same', async () => {
    const other = await app().tenant()
    expectRefusal(await ask({ bot_id: other.botId }), 404, 'bot_not_found')
    const { token: as } = await app().member(other.workspaceId, 'owner')
    for (const change of [sql`is_enabled = false`, sql`is_enabled = true, deleted_at = now()`]) {
      await app().ports.db.execute(sql`update bots set ${change} where id = ${other.botId}`)
      expectRefusal(await ask({ bot_id: other.botId }, as), 404, 'bot_not_found')
    }
    expect(await turnsOf(app(), other)).toEqual([])
  })

  it.each([
    ['viewer', 403],
    ['editor', 200],
    ['admin', 200],
    ['owner', 200],
  ] as const)('a %s gets %i', async (role, status) => {
    const { token: as } = await app().member(tenant.workspaceId, role)
    const answer = await ask({}, as)
    expect(answer.status).toBe(status)
    if (status === 403) expectRefusal(answer, 403, 'forbidden')
  })

  it('401 not_authenticated comes before everything in the body', async () => {
    expectRefusal(await post(app(), '/api/chat/playground/', '{'), 401, 'not_authenticated')
  })

  it('409 turn_in_progress while another streams in the session', async () => {
    const own = await knowing(app(), { bot: replying('slow_first', { slowMs: 500 }) })
    const { token: as } = await app().member(own.workspaceId, 'editor')
    const fields = { bot_id: own.botId, session_id: randomUUID() }
    const answers = await Promise.all([ask(fields, as), ask(fields, as)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })
})

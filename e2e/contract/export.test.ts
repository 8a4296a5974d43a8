import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { saveKey } from '../../server/src/keys/keys.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { textOf } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, knowing, refunds, replying, turn, useApp } from './scene.ts'

const isoUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe.each(lanes)('GET /api/conversations/:id/export.json on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  let token: string
  beforeAll(async () => {
    tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]` }) })
    token = (await app().member(tenant.workspaceId, 'viewer')).token
  })
  const exported = (id: string, as = token, query = '') =>
    get(app(), `/api/conversations/${id}/export.json${query}`, { headers: as ? bearer(as) : {} })

  it('200 with the session and its messages, oldest first', async () => {
    const body = turn(tenant, { visitor_id: 'v1', visitor_metadata: { plan: 'a' } })
    const first = await app().chat(body)
    const second = await app().chat(turn(tenant, { session_id: body.session_id, message: 'Which club won in 1974?' }))
    const answer = await exported(body.session_id)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="conversation-${body.session_id}.json"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    const created_at = expect.stringMatching(isoUtc)
    const id = expect.any(Number)
    const citations = first.events.find(({ event }) => event === 'citations')?.data.citations
    expect(citations).toHaveLength(1)
    const said = { id: first.events[0]?.data.message_id, role: 'assistant', content: textOf(first.events), created_at }
    const unknown = { id: second.events[0]?.data.message_id, role: 'assistant', content: textOf(second.events) }
    expect(answer.json).toEqual({
      session_id: body.session_id,
      bot_id: tenant.botId,
      visitor_id: 'v1',
      visitor_metadata: { plan: 'a' },
      created_at,
      messages: [
        { id, role: 'user', content: body.message, created_at },
        { ...said, finish_reason: 'stop', citations },
        { id, role: 'user', content: 'Which club won in 1974?', created_at },
        { ...unknown, created_at, finish_reason: 'stop' },
      ],
    })
  })

  it('says null where the visitor is unknown', async () => {
    const body = turn(tenant)
    await app().chat(body)
    expect((await exported(body.session_id)).json).toMatchObject({ visitor_id: null, visitor_metadata: null })
  })

  it.each([
    ['error', replying('http401')],
    ['error', replying('fin_early')],
    ['blocked', { moderationPatterns: ['refund'] }],
  ])('finish_reason is one of the published: %s', async (finish_reason, bot) => {
    const own = await knowing(app(), { bot })
    const body = turn(own)
    await app().chat(body)
    const { token: as } = await app().member(own.workspaceId, 'viewer')
    expect((await exported(body.session_id, as)).json).toMatchObject({ messages: [{}, { finish_reason }] })
  })

  it('an upper-case id is the same', async () => {
    const body = turn(tenant)
    await app().chat(body)
    const answer = await exported(body.session_id.toUpperCase())
    expect(answer.json).toMatchObject({ session_id: body.session_id })
    expect(answer.headers['content-disposition']).toContain(body.session_id)
  })

  it('1,000 turns are one valid JSON, in order', async () => {
    const body = turn(tenant)
    await app().chat(body)
    await app().ports.db.execute(sql`
      insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, ended_at, lease_until)
      select ${tenant.workspaceId}, ${tenant.botId}, ${body.session_id}, nextval('turns_question_id_seq'),
        'Question "' || n || '"' || repeat(' …', 200), 'Answer ' || n, 'stop', now(), now()
      from generate_series(2, 1000) n`)
    const answer = await exported(body.session_id)
    const { messages } = answer.json as { messages: { id: number; content: string }[] }
    expect(messages).toHaveLength(2_000)
    expect(messages.at(-1)?.content).toBe('Answer 1000')
    const answers = messages.filter((_, at) => at % 2 === 1).map(({ id }) => id)
    expect(answers).toEqual(answers.toSorted((one, other) => one - other))
  })

  it('of several sessions with one id the last written, or the one of ?bot_id=', async () => {
    const otherBot = await saveBot(app().ports, tenant.workspaceId, { name: 'Other' })
    const key = { name: 'Other', domains: [], isRevoked: false }
    const other = await saveKey(app().ports, tenant.workspaceId, otherBot, key)
    const body = turn(tenant)
    await app().chat(body)
    await app().chat(turn(other, { session_id: body.session_id }))
    expect((await exported(body.session_id)).json).toMatchObject({ bot_id: otherBot })
    for (const botId of [tenant.botId, tenant.botId.toUpperCase(), otherBot]) {
      const { json } = await exported(body.session_id, token, `?bot_id=${botId}`)
      expect(json).toMatchObject({ bot_id: botId.toLowerCase() })
    }
    expectRefusal(await exported(body.session_id, token, `?bot_id=${randomUUID()}`), 404, 'session_not_found', 'detail')
    expectRefusal(await exported(body.session_id, token, '?bot_id=x'), 404, 'session_not_found', 'detail')
  })

  it('404 session_not_found for a session of another workspace, exactly as for one that is unknown', async () => {
    const body = turn(await app().tenant())
    await app().chat(body)
    const answers = [await exported(body.session_id), await exported(randomUUID())]
    for (const answer of answers) expectRefusal(answer, 404, 'session_not_found', 'detail')
    const [foreign, unknown] = answers.map(({ headers: { date: _, ...headers } }) => headers)
    expect(foreign).toEqual(unknown)
  })

  const malformed = [
    '1',
    'x',
    '%00',
    '..%2f',
    '%',
    '%zz',
    '%ff',
    '%E0%A4%A',
    '%c0%af',
    'a'.repeat(101),
    'a'.repeat(15_000),
  ]
  const close = [`${randomUUID()}0`, '00000000-0000-0000-0000-000000000000', `{${randomUUID()}}`]
  it.each([...malformed, ...close])('400 invalid_session_id for the id %s', async (id) =>
    expectRefusal(await exported(id), 400, 'invalid_session_id', 'detail'),
  )

  it.each([...malformed, randomUUID()])(
    '401 authentication_required without a token, whatever the id (%s)',
    async (id) => {
      const answer = await exported(id, '')
      expectRefusal(answer, 401, 'authentication_required', 'detail')
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    },
  )

  it('who exported is written down, and of the conversation a hash alone', async () => {
    const own = await app().tenant()
    const body = turn(own)
    await app().chat(body)
    const { token: as, userId } = await app().member(own.workspaceId, 'viewer')
    await exported(body.session_id, as)
    await exported(randomUUID(), as)
    const { rows } = await app().ports.db.execute(sql`
      select user_id as by, action, target_kind as kind, target_id as id, details from audit_events
      where workspace_id = ${own.workspaceId}`)
    const id = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(rows).toEqual([{ by: userId, action: 'export.conversation', kind: 'conversation', id, details: null }])
  })

  it.each(['viewer', 'editor', 'admin', 'owner'] as const)('200 for a member who is %s', async (role) => {
    const body = turn(tenant)
    await app().chat(body)
    expect((await exported(body.session_id, (await app().member(tenant.workspaceId, role)).token)).status).toBe(200)
  })
})

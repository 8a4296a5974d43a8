import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saveKey } from '../../server/src/keys/keys.ts'
import { startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { parseEvents, type StreamEvent, textOf } from '../../server/testing/http.ts'
import {
  beside,
  callsTo,
  expectRefusal,
  knowing,
  post,
  question,
  replying,
  stop,
  turn,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'

const idOf = (events: readonly StreamEvent[]): number => events[0]?.data.message_id

describe.each(lanes)('one turn at a time on $name', (lane) => {
  const app = useApp(lane)
  let second: TestApp
  beforeAll(async () => {
    second = await startApp(beside(app()))
  })
  afterAll(() => second[Symbol.asyncDispose]())

  it('409 turn_in_progress while another streams, here and from another server, and nothing is stored', async () => {
    const tenant = await knowing(app(), { bot: replying('slow_first') })
    const body = turn(tenant)
    const running = await app().openChat(body)
    await running.until('meta')
    for (const server of [app(), second]) {
      expectRefusal(await post(server, '/api/chat/', body), 409, 'turn_in_progress')
    }
    expect((await app().openChat(turn(tenant))).status).toBe(200)
    expect(await turnsOf(app(), tenant)).toHaveLength(2)
    await stop(app(), body, idOf(running.events))
    await running.ended
  })

  it('of ten at once in a session one is answered', async () => {
    const tenant = await knowing(app(), { bot: replying('ok', { paceMs: 20 }) })
    const body = turn(tenant)
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(app(), '/api/chat/', body)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(409)])
    expect(await turnsOf(app(), tenant)).toHaveLength(1)
  })

  it('a turn whose server died holds its session no longer than its lease', async () => {
    const tenant = await app().tenant()
    const body = turn(tenant)
    await app().chat(body)
    await app().ports.db.execute(sql`
      update turns set ended_at = null, finish_reason = null, lease_until = now() - interval '1 second'
      where workspace_id = ${tenant.workspaceId}`)
    expect((await app().chat(body)).status).toBe(200)
    expect(await turnsOf(app(), tenant)).toMatchObject([{ finish: 'incomplete' }, { finish: 'stop' }])
  })
})

describe.each(lanes)('Idempotency-Key on $name', (lane) => {
  const app = useApp(lane)
  let second: TestApp
  beforeAll(async () => {
    second = await startApp(beside(app()))
  })
  afterAll(() => second[Symbol.asyncDispose]())

  const under = (key: string) => ({ 'idempotency-key': key })
  const chat = (body: object, key: string) => post(app(), '/api/chat/', body, { headers: under(key) })

  async function expectOne(tenant: Tenant, model: { chatModel: string }) {
    expect(await turnsOf(app(), tenant)).toHaveLength(1)
    expect(callsTo(app(), model)).toHaveLength(1)
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
  }

  it('joins the running turn: the same events, one message, one call, one unit', async () => {
    const model = replying('ok', { tokens: 10, paceMs: 60 })
    const tenant = await knowing(app(), { bot: model })
    const body = turn(tenant)
    const first = await app().openChat(body, under('k1'))
    await first.until('token')
    const joined = await chat(body, 'k1')
    await first.ended
    expect(parseEvents(joined.body)).toEqual(first.events)
    await expectOne(tenant, model)
  })

  it('replays the finished turn with the same message_id, text and done', async () => {
    const model = replying('ok', { reply: 'Replayed.' })
    const tenant = await knowing(app(), { bot: model })
    const body = turn(tenant)
    const first = parseEvents((await chat(body, 'k1')).body)
    const again = parseEvents((await chat(body, 'k1')).body)
    expect([idOf(again), textOf(again), again.at(-1)?.data]).toEqual([idOf(first), textOf(first), first.at(-1)?.data])
    await expectOne(tenant, model)
  })

  it('five in parallel are one: one call, one user message, one unit', async () => {
    const model = replying('ok', { paceMs: 10 })
    const tenant = await knowing(app(), { bot: model })
    const body = turn(tenant)
    const answers = await Promise.all(Array.from({ length: 5 }, () => chat(body, 'k1')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    await expectOne(tenant, model)
  })

  it('twins whose turn fails are each told so, or asked anew: none is told that another turn runs', async () => {
    const tenant = await knowing(app(), { bot: replying('http401') })
    for (let round = 0; round < 10; round++) {
      const body = turn(tenant)
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          post(at % 2 ? second : app(), '/api/chat/', body, { headers: under('k1') }),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
      const codes = answers.map(({ body }) => parseEvents(body).find(({ event }) => event === 'error')?.data.code)
      expect(codes).toEqual(Array(10).fill('llm_auth_failed'))
    }
  })

  it('twins for which the plan has no place at a time are each refused, and none sees the other come and go', async () => {
    const tenant = await knowing(app(), {
      plan: 'free',
      bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }),
    })
    const running = Array.from({ length: 5 }, () => turn(tenant))
    const streams = await Promise.all(running.map((body) => app().openChat(body)))
    await Promise.all(streams.map((stream) => stream.until('token')))
    for (let round = 0; round < 10; round++) {
      const body = turn(tenant)
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          post(at % 2 ? second : app(), '/api/chat/', body, { headers: under('k1') }),
        ),
      )
      for (const answer of answers) expectRefusal(answer, 429, 'rate_limited')
    }
    expect(await turnsOf(app(), tenant)).toHaveLength(5)
    await Promise.all(running.map((body, at) => stop(app(), body, idOf(streams[at]?.events ?? []))))
    await Promise.all(streams.map((stream) => stream.ended))
  })

  it('409 idempotency_conflict for another message, whether the first runs or has ended', async () => {
    const tenant = await knowing(app(), { bot: replying('ok', { tokens: 5, paceMs: 100 }) })
    const body = turn(tenant)
    const first = await app().openChat(body, under('k1'))
    await first.until('meta')
    const other = { ...body, message: `${question} Please.` }
    expectRefusal(await chat(other, 'k1'), 409, 'idempotency_conflict')
    await first.ended
    expectRefusal(await chat(other, 'k1'), 409, 'idempotency_conflict')
    expect(await turnsOf(app(), tenant)).toHaveLength(1)
  })

  it('holds in its session and under its public key alone', async () => {
    const tenant = await app().tenant()
    const other = await saveKey(app().ports, tenant.workspaceId, tenant.botId, {
      name: 'Other',
      domains: [],
      isRevoked: false,
    })
    const body = turn(tenant)
    const ids = new Set<number>()
    for (const one of [body, turn(tenant), { ...body, public_key: other.publicKey }]) {
      ids.add(idOf(parseEvents((await chat(one, 'k1')).body)))
    }
    expect(ids.size).toBe(3)
  })

  it('another key in the same session is another turn', async () => {
    const body = turn(await app().tenant())
    const [one, other] = [await chat(body, 'k1'), await chat(body, 'k2')]
    expect(idOf(parseEvents(one.body))).not.toBe(idOf(parseEvents(other.body)))
  })

  it.each([
    ['error', 'http401'],
    ['an error in the middle', 'fin_early'],
  ])('a turn that ended in %s runs again', async (_, mode) => {
    const model = replying(mode, {})
    const tenant = await knowing(app(), { bot: model })
    const body = turn(tenant)
    const ids = [idOf(parseEvents((await chat(body, 'k1')).body)), idOf(parseEvents((await chat(body, 'k1')).body))]
    expect(ids[0]).not.toBe(ids[1])
    expect(callsTo(app(), model).length).toBeGreaterThanOrEqual(2)
  })

  it('a turn that was cancelled runs again', async () => {
    const model = replying('stall_mid', { faultAfter: 1, reply: 'One two.' })
    const body = turn(await knowing(app(), { bot: model }))
    const ids: number[] = []
    for (let i = 0; i < 2; i++) {
      const stream = await app().openChat(body, under('k1'))
      await stream.until('token')
      ids.push(idOf(stream.events))
      await stop(app(), body, idOf(stream.events))
      await stream.ended
    }
    expect(new Set(ids).size).toBe(2)
  })

  it('a turn that ended in quota_exceeded runs again', async () => {
    const tenant = await app().tenant({ plan: 'free' })
    await app().ports.db.execute(sql`
      insert into usage_months (workspace_id, month, used)
      values (${tenant.workspaceId}, date_trunc('month', now() at time zone 'utc')::date, 100)`)
    const body = turn(tenant)
    const refused = parseEvents((await chat(body, 'k1')).body)
    expect(refused.at(-1)?.data).toEqual({ finish_reason: 'quota_exceeded' })
    await app().ports.db.execute(sql`update usage_months set used = 0 where workspace_id = ${tenant.workspaceId}`)
    const again = parseEvents((await chat(body, 'k1')).body)
    expect(again.at(-1)?.data).toEqual({ finish_reason: 'stop' })
    expect(idOf(again)).not.toBe(idOf(refused))
  })

  it('a blocked turn is replayed', async () => {
    const tenant = await app().tenant({ bot: { moderationPatterns: ['refund'] } })
    const body = turn(tenant)
    expect((await chat(body, 'k1')).body).toBe((await chat(body, 'k1')).body)
    expect(await turnsOf(app(), tenant)).toHaveLength(1)
  })

  it('is forgotten after 24 hours', async () => {
    const tenant = await app().tenant()
    const body = turn(tenant)
    const first = idOf(parseEvents((await chat(body, 'k1')).body))
    const age = (hours: string) =>
      app().ports.db.execute(sql`
        update turns set created_at = now() - ${hours}::interval where workspace_id = ${tenant.workspaceId}`)
    await age('23 hours')
    expect(idOf(parseEvents((await chat(body, 'k1')).body))).toBe(first)
    await age('25 hours')
    const answer = await chat({ ...body, message: 'Another message now' }, 'k1')
    expect(answer.status).toBe(200)
    expect(idOf(parseEvents(answer.body))).not.toBe(first)
  })

  it.each([
    { what: '128 characters', key: 'k'.repeat(128), turns: 1 },
    { what: '129 characters', key: 'k'.repeat(129), turns: 2 },
    { what: 'a space', key: 'a b', turns: 2 },
    { what: 'a letter beyond ASCII', key: 'k\u00e9', turns: 2 },
    { what: 'nothing', key: '', turns: 2 },
  ])('with $what: two requests are $turns turn(s)', async ({ key, turns }) => {
    const tenant = await app().tenant()
    const body = turn(tenant)
    for (let i = 0; i < 2; i++) expect((await chat(body, key)).status).toBe(200)
    expect(await turnsOf(app(), tenant)).toHaveLength(turns)
  })

  it('sent twice over is no key', async () => {
    const tenant = await app().tenant()
    const body = turn(tenant)
    for (let i = 0; i < 2; i++) {
      await post(app(), '/api/chat/', body, { headers: { 'idempotency-key': ['k1', 'k1'] } })
    }
    expect(await turnsOf(app(), tenant)).toHaveLength(2)
  })
})

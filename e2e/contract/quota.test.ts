import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import {
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

describe.each(lanes)('quota on $name', (lane) => {
  const app = useApp(lane)

  async function haveUsed({ workspaceId }: Tenant, used: number) {
    await app().ports.db.execute(sql`
      insert into usage_months (workspace_id, month, used)
      values (${workspaceId}, date_trunc('month', now() at time zone 'utc')::date, ${used})`)
  }

  it.each([
    ['free', 100],
    ['pro', 5_000],
    ['scale', 25_000],
  ] as const)('%s: quota_exceeded after %i replies, and no model call', async (plan, cap) => {
    const model = replying('ok', { reply: plan })
    const tenant = await knowing(app(), { plan, bot: model })
    await haveUsed(tenant, cap - 1)
    expect((await app().chat(turn(tenant))).events.at(-1)?.data).toEqual({ finish_reason: 'stop' })

    const { status, events } = await app().chat(turn(tenant))
    expect(status).toBe(200)
    expect(events.map(({ event }) => event)).toEqual(['meta', 'error', 'done'])
    const message = expect.stringMatching(/^[A-Z].*\.$/)
    expect(events[1]?.data).toEqual({ code: 'quota_exceeded', plan, used: cap, cap, message })
    expect(events[2]?.data).toEqual({ finish_reason: 'quota_exceeded' })
    expect(callsTo(app(), model)).toHaveLength(1)
    expect(await usageOf(app(), tenant)).toEqual({ used: cap, reserved: 0 })
    expect((await turnsOf(app(), tenant)).at(-1)).toMatchObject({ finish: 'quota_exceeded', answer: '' })
  })

  it('unlimited has no cap', async () => {
    const tenant = await app().tenant({ plan: 'unlimited' })
    await haveUsed(tenant, 1_000_000)
    expect((await app().chat(turn(tenant))).events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
  })

  it('a month of its own: last month’s replies do not count', async () => {
    const tenant = await app().tenant({ plan: 'free' })
    await app().ports.db.execute(sql`
      insert into usage_months (workspace_id, month, used)
      values (${tenant.workspaceId}, (date_trunc('month', now() at time zone 'utc') - interval '1 month')::date, 100)`)
    expect((await app().chat(turn(tenant))).events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
  })

  it.each([
    ['a reply that ended in stop', 1, 'ok', {}],
    ['a reply that ended in length', 1, 'ok', { finishReason: 'length' }],
    ['a reply that failed', 0, 'http401', {}],
    ['a reply that broke off', 0, 'fin_early', {}],
  ])('%s counts %i', async (_, counted, mode, settings) => {
    const tenant = await knowing(app(), { bot: replying(mode, settings) })
    await app().chat(turn(tenant))
    expect(await usageOf(app(), tenant)).toEqual({ used: counted, reserved: 0 })
  })

  it('an honest "I don’t know" counts 1', async () => {
    const tenant = await knowing(app(), { bot: { unknownAnswer: 'No idea.' } })
    await app().chat(turn(tenant, { message: 'Which football club won the cup in 1974?' }))
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'No idea.', finish: 'stop' }])
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
  })

  it('of ten at once for the last place one is answered, the others are told so', async () => {
    const model = replying('ok', { reply: 'last', paceMs: 20 })
    const tenant = await knowing(app(), { plan: 'scale', bot: model })
    await haveUsed(tenant, 24_999)
    const answers = await Promise.all(Array.from({ length: 10 }, () => app().chat(turn(tenant))))
    const finishes = answers.map(({ events }) => events.at(-1)?.data.finish_reason).toSorted()
    expect(finishes).toEqual([...Array(9).fill('quota_exceeded'), 'stop'])
    expect(callsTo(app(), model)).toHaveLength(1)
    expect(await usageOf(app(), tenant)).toEqual({ used: 25_000, reserved: 0 })
  })

  it('quota_exceeded once failed replies have made three calls of the model for each reply of the plan', async () => {
    const model = replying('http401')
    const tenant = await knowing(app(), { plan: 'free', bot: model })
    const finishes = new Set<string>()
    for (let asked = 0; asked < 450 && !finishes.has('quota_exceeded'); asked += 5) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => app().chat(turn(tenant))))
      // The last places come free again as calls fail: who finds them held just then is told to try again.
      for (const { status, events } of answers) if (status !== 429) finishes.add(events.at(-1)?.data.finish_reason)
    }
    expect([...finishes]).toEqual(['error', 'quota_exceeded'])
    expect(callsTo(app(), model).length).toBeGreaterThan(290)
    expect(callsTo(app(), model).length).toBeLessThanOrEqual(300)
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
  })

  it.each([
    ['a reply makes one call', 1, 'ok', question],
    ['a second try is one too', 2, 'http500', question],
    ['"I don’t know" makes none', 0, 'ok', 'Which football club won the cup in 1974?'],
  ])('%s', async (_, calls, mode, message) => {
    const tenant = await knowing(app(), { bot: replying(mode) })
    await app().chat(turn(tenant, { message }))
    const { rows } = await app().ports.db.execute(
      sql`select calls from usage_months where workspace_id = ${tenant.workspaceId}`,
    )
    expect(rows).toEqual([{ calls }])
  })

  it('429 rate_limited while as many replies are being written as the plan allows, and nothing is stored', async () => {
    const tenant = await knowing(app(), { plan: 'free', bot: replying('slow_first') })
    const running = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const body = turn(tenant)
        const stream = await app().openChat(body)
        return { body, stream, messageId: (await stream.until('meta')).data.message_id }
      }),
    )
    const refused = await post(app(), '/api/chat/', turn(tenant, { session_id: randomUUID() }))
    expectRefusal(refused, 429, 'rate_limited')
    expect(refused.headers).toMatchObject({ 'retry-after': '5', 'ratelimit-limit': '5', 'ratelimit-remaining': '0' })
    expect(await turnsOf(app(), tenant)).toHaveLength(5)
    for (const { body, stream, messageId } of running) {
      await stop(app(), body, messageId)
      await stream.ended
    }
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { callsTo, knowing, question, replying, turn, turnsOf, usageOf, useApp } from './scene.ts'

describe.each(lanes)('moderation on $name', (lane) => {
  const app = useApp(lane)

  it('blocked replaces the tokens: no model call, not counted, the fallback kept', async () => {
    const model = replying('ok', { reply: 'CANARY' })
    const bot = { ...model, moderationPatterns: ['fraud'], moderationFallback: 'Not here.' }
    const tenant = await knowing(app(), { bot })
    const { events } = await app().chat(turn(tenant, { message: `${question} Fraud!` }))
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['meta', expect.anything()],
      ['blocked', { reason: 'blocked_pattern', fallback: 'Not here.' }],
      ['done', { finish_reason: 'blocked' }],
    ])
    expect(callsTo(app(), model)).toEqual([])
    expect(app().models.calls.filter(({ prompt }) => prompt.includes('Fraud!'))).toEqual([])
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'Not here.', finish: 'blocked' }])
  })

  it('comes before the quota: at the cap a blocked message is blocked', async () => {
    const tenant = await app().tenant({ plan: 'free', bot: { moderationPatterns: ['fraud'] } })
    await app().ports.db.execute(
      `insert into usage_months (workspace_id, month, used)
       values ('${tenant.workspaceId}', date_trunc('month', now() at time zone 'utc')::date, 100)`,
    )
    const { events } = await app().chat(turn(tenant, { message: 'fraud' }))
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'blocked' })
  })

  it.each(['fr\u200baud', 'ｆｒａｕｄ', 'FRAUD', 'fra\u00adud'])('%j is the word too', async (message) => {
    const tenant = await app().tenant({ bot: { moderationPatterns: ['fraud'] } })
    const { events } = await app().chat(turn(tenant, { message }))
    expect(events.map(({ event }) => event)).toEqual(['meta', 'blocked', 'done'])
    expect((await turnsOf(app(), tenant))[0]?.question).toBe(message)
  })

  it('what was blocked is not told to the model later', async () => {
    const model = replying('ok', { reply: 'fine' })
    const tenant = await knowing(app(), { bot: { ...model, moderationPatterns: ['SECRET'] } })
    const first = turn(tenant, { message: 'SECRET-CANARY' })
    await app().chat(first)
    await app().chat(turn(tenant, { session_id: first.session_id }))
    expect(callsTo(app(), model)[0]?.prompt).not.toContain('SECRET-CANARY')
  })
})

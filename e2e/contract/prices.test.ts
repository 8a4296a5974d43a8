import type { PriceAnswer } from '@mevichat/protocol/prices.ts'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { freshAddress, type Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { type Answer, send } from '../../server/testing/http.ts'
import { bearer, knowing, replying, turn, useApp } from './scene.ts'

const gpt = { model: 'openai:gpt-x', input: '2.50', output: '10', currency: 'USD' }

describe.each(lanes)('prices of models on $name', (lane) => {
  const app = useApp(lane)

  async function callerOf({ workspaceId }: Pick<Tenant, 'workspaceId'>, role: 'viewer' | 'admin' = 'admin') {
    const { token } = await app().member(workspaceId, role)
    return (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> =>
      send(`${app().url}/api/workspaces/${workspaceId}/${path}`, {
        method,
        headers: { ...bearer(token), ...headers },
        localAddress: freshAddress(),
        ...(body && { body }),
      })
  }

  it('are given once a model, listed by model, changed under If-Match and taken away, each written down', async () => {
    const tenant = await app().tenant()
    const call = await callerOf(tenant)
    const added = await call('POST', 'prices/', gpt)
    const { id } = added.json as PriceAnswer
    expect(added).toMatchObject({ status: 201, json: { ...gpt, input: '2.5', output: '10' } })
    expect(await call('POST', 'prices/', gpt)).toMatchObject({ status: 409, json: { error: 'conflict' } })
    const claude = { ...gpt, model: 'anthropic:claude' }
    const both = await Promise.all([call('POST', 'prices/', claude), call('POST', 'prices/', claude)])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])

    const { etag } = (await call('GET', `prices/${id}/`)).headers
    expect((await call('PATCH', `prices/${id}/`, { input: '3' })).status).toBe(428)
    const change = { input: '0.000001', currency: 'EUR' }
    expect(await call('PATCH', `prices/${id}/`, change, { 'if-match': String(etag) })).toMatchObject({
      status: 200,
      json: { ...change, output: '10' },
    })
    expect((await call('PATCH', `prices/${id}/`, change, { 'if-match': String(etag) })).status).toBe(412)
    expect((await call('DELETE', `prices/${id}/`)).status).toBe(204)
    expect((await call('DELETE', `prices/${id}/`)).status).toBe(404)
    expect(await call('GET', 'prices/')).toMatchObject({ json: { prices: [{ model: 'anthropic:claude' }] } })
    const { rows } = await app().ports.db.execute(
      sql`select action, target_name from audit_events where workspace_id = ${tenant.workspaceId} and target_kind = 'price' order by id`,
    )
    expect(rows).toEqual([
      { action: 'price.created', target_name: 'openai:gpt-x' },
      { action: 'price.created', target_name: 'anthropic:claude' },
      { action: 'price.changed', target_name: 'openai:gpt-x' },
      { action: 'price.removed', target_name: 'openai:gpt-x' },
    ])
  })

  it.each([
    [{ input: '-1' }, 'input'],
    [{ output: '1e9' }, 'output'],
    [{ input: '0.0000001' }, 'input'],
    [{ input: 2.5 }, 'input'],
    [{ currency: 'euro' }, 'currency'],
    [{ model: 'built-in' }, 'model'],
  ])('400 in words for %j', async (fault, field) => {
    const call = await callerOf(await app().tenant())
    expect(await call('POST', 'prices/', { ...gpt, ...fault })).toMatchObject({
      status: 400,
      json: { error: 'invalid_request', detail: expect.stringContaining(field) },
    })
  })

  it('say what answers cost: exactly, a sum for each currency, and nothing where there is no price', async () => {
    const bot = replying('ok', { reply: 'Five days.' })
    const [first, second, third] = [bot.chatModel, 'anthropic:claude', 'openai:other']
    const tenant = await knowing(app(), { bot })
    const { workspaceId, botId } = tenant
    const sent = turn(tenant)
    await app().chat(sent)
    await app().chat(turn(tenant))
    await app().chat(turn(tenant))
    // Answers of three models.
    const stored = await app().ports.db.execute<{ id: number }>(
      sql`select id::int from turns where workspace_id = ${workspaceId} order by id`,
    )
    const traces = [
      { model: first, usage: { inputTokens: 1_234, outputTokens: 56 } },
      { model: second, usage: { inputTokens: 3_000_000_000, outputTokens: 1 } },
      { model: third, usage: { inputTokens: 10, outputTokens: 10 } },
    ]
    for (const [at, { id }] of stored.rows.entries())
      await app().ports.db.execute(
        sql`update turns set trace = trace || ${JSON.stringify(traces[at])}::jsonb where id = ${id}`,
      )
    const admin = await callerOf(tenant)
    const viewer = await callerOf(tenant, 'viewer')
    const range = new URLSearchParams({
      from: new Date(Date.now() - 86_400_000).toISOString(),
      to: new Date(Date.now() + 86_400_000).toISOString(),
    })
    const insights = () => viewer('GET', `bots/${botId}/insights/?${range}`)
    const cost = async () => {
      const { json } = await viewer('GET', `bots/${botId}/conversations/${sent.session_id}/`)
      return (json as { messages: { trace: { cost: unknown } }[] }).messages[0]?.trace.cost
    }
    expect(await insights()).toMatchObject({ json: { total: { costs: [], without_cost: 3 }, before: { costs: [] } } })
    expect(await cost()).toEqual({ state: 'no_price', money: null })

    await admin('POST', 'prices/', { ...gpt, model: first })
    await admin('POST', 'prices/', { ...gpt, model: second, currency: 'EUR' })
    const spent = [
      { currency: 'EUR', amount: '7500.00001' },
      { currency: 'USD', amount: '0.003645' },
    ]
    const { json } = await insights()
    expect(json).toMatchObject({
      total: { costs: spent, without_cost: 1, input_tokens: 3_000_001_244 },
      models: expect.arrayContaining([
        expect.objectContaining({ model: second, cost: { state: 'known', money: spent[0] }, without_cost: 0 }),
        expect.objectContaining({ model: third, cost: { state: 'no_price', money: null }, without_cost: 1 }),
      ]),
    })
    const { days } = json as { days: { costs: unknown[]; messages: number }[] }
    expect(days.filter(({ messages }) => messages > 0).map(({ costs }) => costs)).toEqual([spent])
    expect(await cost()).toEqual({ state: 'known', money: spent[1] })

    const other = await app().tenant()
    const theirs = await callerOf(other)
    expect((await theirs('GET', 'prices/')).json).toEqual({ prices: [] })
  })
})

import type { Insights } from '@mevichat/protocol/insights.ts'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, get, knowing, replying, turn } from '../../../e2e/contract/scene.ts'
import { startApp, type Tenant, type TestApp } from '../../testing/app.ts'
import { lanes } from '../../testing/database.ts'

describe.each(lanes)('GET …/insights/ on $name', (lane) => {
  let app: TestApp
  let tenant: Tenant
  beforeAll(async () => {
    app = await startApp(lane)
    tenant = await knowing(app, { bot: replying('ok', { reply: 'Five working days. [1]' }) }, [
      { text: 'A refund takes five working days after the parcel has come back to us.', title: 'Refunds' },
      { text: 'We are open from nine to five on weekdays.', title: 'Hours' },
    ])
    for (const message of [
      'How many working days does a refund take after the parcel has come back?',
      'A refund takes how many working days after the parcel has come back?',
      'Who won the football world cup in 1998?',
    ])
      await app.chat(turn(tenant, { message }))
  })
  afterAll(() => app[Symbol.asyncDispose]())

  async function insights(query: Record<string, string>, of = tenant) {
    const { token } = await app.member(of.workspaceId, 'viewer')
    const path = `/api/workspaces/${of.workspaceId}/bots/${of.botId}/insights/?${new URLSearchParams(query)}`
    return get(app, path, { headers: bearer(token) })
  }
  const range = (days = 7) => ({
    from: new Date(Date.now() - days * 86_400_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  })

  it('counts what was asked, answered and not, day by day, beside the time before', async () => {
    await app.ports.db.execute(sql`
      update turns set created_at = created_at - interval '9 days' where bot_id = ${tenant.botId} and question like 'A refund%'`)
    const { json } = await insights(range())
    const found = json as { days: { day: string; messages: number }[] }
    expect(json).toMatchObject({
      total: { conversations: 2, messages: 2, answered: 1, unanswered: 1, failed: 0 },
      before: { messages: 1, answered: 1 },
      latency: { search_p50: expect.any(Number) },
      unanswered_questions: [{ question: 'Who won the football world cup in 1998?', times: 1 }],
      cited: [{ title: 'Refunds', times: 1 }],
      never_cited: [{ title: 'Hours' }],
      never_cited_count: 1,
    })
    expect(found.days.length).toBeGreaterThanOrEqual(8)
    expect(found.days.reduce((sum, { messages }) => sum + messages, 0)).toBe(2)
  })

  it('leads from each figure to its conversations and to no other', async () => {
    const { token } = await app.member(tenant.workspaceId, 'viewer')
    const found = async (query: Record<string, string>) => {
      const asked = new URLSearchParams({ ...query, from: range().from, to: range().to })
      const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/conversations/?${asked}`
      const { json } = await get(app, path, { headers: bearer(token) })
      return (json as { conversations: { first_question: string }[] }).conversations.map((one) => one.first_question)
    }
    const { json } = await insights(range())
    const { models } = json as Insights
    const answered = ['How many working days does a refund take after the parcel has come back?']
    expect(await found({ answered: 'true' })).toEqual(answered)
    expect(await found({ unanswered: 'true' })).toEqual(['Who won the football world cup in 1998?'])
    expect(await found({ model: models[0]?.model ?? '' })).toEqual(answered)
    expect(await found({ model: 'openai:gpt' })).toEqual([])
    expect(await found({ cited: 'Refunds' })).toEqual(answered)
    expect(await found({ cited: 'Hours' })).toEqual([])
    await app.ports.db.execute(sql`
      update turns set trace = jsonb_set(trace, '{firstTextMs}', '90000') where bot_id = ${tenant.botId} and question like 'How many%'`)
    expect(await found({ slower_than: '89999' })).toEqual(answered)
    expect(await found({ slower_than: '90000' })).toEqual([])
  })

  it('counts nothing of another bot', async () => {
    const { json } = await insights(range(), await app.tenant())
    expect(json).toMatchObject({ total: { messages: 0 }, top_questions: [], topics: [], cited: [], never_cited: [] })
  })

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ to: new Date(0).toISOString() }, 'later'],
    [{ from: new Date(0).toISOString() }, '366'],
    [{ time_zone: "UTC'; drop table turns; --" }, 'time_zone'],
  ])('400 in words for %j', async (query, word) => {
    expect(await insights({ ...range(), ...query })).toMatchObject({
      status: 400,
      json: { error: 'invalid_request', detail: expect.stringContaining(word) },
    })
  })
})

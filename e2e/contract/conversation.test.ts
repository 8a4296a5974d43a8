import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { indexPage } from '../../server/src/knowledge/knowledge.ts'
import type { PageId } from '../../server/src/platform/id.ts'
import { lanes } from '../../server/testing/database.ts'
import { expectInvalid, idsOf, pathOf, useConversations } from './conversation-scene.ts'
import { expectRefusal, knowing, question, refunds, replying, stop, turn, useApp } from './scene.ts'

describe.each(lanes)('a conversation on $name', (lane) => {
  const app = useApp(lane)
  const { ask, list, store, eventsOf } = useConversations(app)

  describe('one', () => {
    it('has its questions and answers with citations, what was looked at, the model and the times', async () => {
      const bot = { ...replying('ok', { reply: `${refunds} [1]` }) }
      const tenant = await knowing(app(), { bot }, [
        { text: refunds, title: 'Refunds', url: 'https://example.com/refunds' },
        { text: 'Our office is closed on public holidays and at weekends.', title: 'Hours' },
      ])
      const body = turn(tenant)
      const { events } = await app().chat(body)
      const answer = await ask(tenant, pathOf(tenant, `${body.session_id}/`))
      expect(answer.status).toBe(200)
      const { messages, ...item } = answer.json as { messages: Record<string, unknown>[] }
      expect(item).toMatchObject({ session_id: body.session_id, turns: 1, finish_reason: 'stop', next_cursor: null })
      expect(messages).toHaveLength(1)
      expect(messages[0]).toEqual({
        message_id: events[0]?.data.message_id,
        question_id: expect.any(Number),
        question,
        answer: expect.stringContaining(refunds),
        created_at: expect.any(String),
        ended_at: expect.any(String),
        finish_reason: 'stop',
        error: null,
        citations: events.find(({ event }) => event === 'citations')?.data.citations,
        rating: null,
        unanswered: false,
        key: { id: tenant.keyId, name: 'Site' },
        trace: {
          asked: [question],
          verdict: expect.stringMatching(/^(answerable|unsure)$/),
          best_score: expect.any(Number),
          thresholds: { low: expect.any(Number), high: expect.any(Number) },
          cost: { state: 'no_price', money: null },
          is_by_words_alone: false,
          model: bot.chatModel,
          usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
          search_ms: expect.any(Number),
          first_text_ms: expect.any(Number),
          candidates: expect.any(Array),
        },
      })
      expect(messages[0]).toHaveProperty(
        'trace.candidates.0',
        expect.objectContaining({
          title: 'Refunds',
          url: 'https://example.com/refunds',
          excerpt: refunds,
          number: 1,
          left_out: null,
        }),
      )
    })

    it('of a passage that is gone has the page as it is today, and of a page that is gone nothing', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]` }) })
      const body = turn(tenant)
      await app().chat(body)
      const candidate = async () => {
        const { json } = await ask(tenant, pathOf(tenant, `${body.session_id}/`))
        return (json as { messages: { trace: { candidates: unknown[] } }[] }).messages[0]?.trace.candidates[0]
      }
      const { db, models } = app().ports
      const { workspaceId, botId } = tenant
      const { rows } = await db.execute<{ id: PageId }>(sql`select id from pages where workspace_id = ${workspaceId}`)
      const pageId = rows[0]?.id
      if (!pageId) throw new Error('no page')
      const page = { pageId, title: 'Refunds', url: null, language: 'en' }
      const embeddings = await models.embeddingModel(null)
      await indexPage({ db, embeddings }, workspaceId, botId, page, [{ headings: [], text: 'Rewritten.', tokens: 3 }])
      expect(await candidate()).toMatchObject({ title: 'Refunds', excerpt: null, number: 1 })
      await db.execute(sql`delete from pages where workspace_id = ${workspaceId}`)
      expect(await candidate()).toMatchObject({ title: null, url: null, excerpt: null, number: 1 })
    })

    it('that failed, was blocked or is being written says so', async () => {
      const tenant = await knowing(app(), { bot: { ...replying('http401'), moderationPatterns: ['secret'] } })
      const body = turn(tenant)
      await app().chat(body)
      await app().chat({ ...body, message: 'The secret refund' })
      const { json } = await ask(tenant, pathOf(tenant, `${body.session_id}/`))
      expect(json).toMatchObject({
        messages: [
          { finish_reason: 'error', error: { code: 'llm_auth_failed', message: expect.any(String) }, citations: [] },
          { finish_reason: 'blocked', error: null, trace: null },
        ],
      })
      const slow = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
      const asked = turn(slow)
      const stream = await app().openChat(asked)
      await stream.until('token')
      const open = await ask(slow, pathOf(slow, `${asked.session_id}/`))
      expect(open.json).toMatchObject({ finish_reason: null, messages: [{ finish_reason: null, ended_at: null }] })
      await stop(app(), asked, stream.events[0]?.data.message_id)
      await stream.ended
    })

    it('that is long comes in pages', async () => {
      const tenant = await app().tenant()
      const session = await store(tenant, {})
      for (let i = 0; i < 24; i++) await store(tenant, { session, question: `Question ${i}` })
      const path = pathOf(tenant, `${session}/`)
      const first = (await ask(tenant, path)).json as { messages: { message_id: number }[]; next_cursor: string }
      const second = (await ask(tenant, `${path}?cursor=${first.next_cursor}`)).json as typeof first
      expect([first.messages.length, second.messages.length, second.next_cursor]).toEqual([20, 5, null])
      const ids = [...first.messages, ...second.messages].map(({ message_id }) => message_id)
      expect(ids).toEqual(ids.toSorted((one, other) => one - other))
      expectInvalid(await ask(tenant, `${path}?cursor=x`))
    })

    it('404 not_found under another bot or workspace, exactly as for one that is not there', async () => {
      const tenant = await app().tenant()
      const session = await store(tenant, {})
      const other = await app().tenant()
      for (const method of ['GET', 'DELETE']) {
        const answers = [
          await ask(other, pathOf(other, `${session}/`), method),
          await ask(other, pathOf(tenant, `${session}/`), method),
          await ask(tenant, pathOf(tenant, `${randomUUID()}/`), method),
          await ask(tenant, pathOf(tenant, 'x/'), method),
        ]
        for (const answer of answers) expectRefusal(answer, 404, 'not_found')
      }
      expect(idsOf(await list(tenant))).toEqual([session])
    })
  })

  describe('removing one', () => {
    it('204, and it is gone with its answers; who did it is written down', async () => {
      const tenant = await app().tenant()
      const [kept, session] = [await store(tenant, {}), await store(tenant, { question: 'Remove me' })]
      const answer = await ask(tenant, pathOf(tenant, `${session}/`), 'DELETE')
      expect([answer.status, answer.body]).toEqual([204, ''])
      expect(idsOf(await list(tenant))).toEqual([kept])
      const left = await app().ports.db.execute(sql`select 1 from turns where session_id = ${session}`)
      expect(left.rows).toEqual([])
      expectRefusal(await ask(tenant, pathOf(tenant, `${session}/`), 'DELETE'), 404, 'not_found')
      expect(await eventsOf(tenant)).toEqual([
        { action: 'conversation.deleted', kind: 'conversation', details: { bot_id: tenant.botId } },
      ])
    })
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { expectInvalid, idsOf, type Listed, pathOf, type StoredTurn, useConversations } from './conversation-scene.ts'
import { knowing, post, question, refunds, replying, turn, useApp } from './scene.ts'

describe.each(lanes)('conversations on $name', (lane) => {
  const app = useApp(lane)
  const { ask, list, store } = useConversations(app)

  describe('the list', () => {
    it('says of each who, what first, how much, how it ended and what was thought of it, newest first', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]` }) })
      const body = turn(tenant, { visitor_id: 'v1', visitor_metadata: { plan: 'a' } })
      await app().chat(body)
      const { events } = await app().chat(
        turn(tenant, { session_id: body.session_id, message: 'Which club won in 1974?' }),
      )
      const rated = { ...body, message_id: events[0]?.data.message_id, rating: -1 }
      expect((await post(app(), '/api/chat/rating/', rated)).status).toBe(204)
      const older = await store(tenant, { ago: 2, question: 'q'.repeat(400), finish: 'incomplete' })
      const { conversations, next_cursor } = await list(tenant)
      const time = expect.stringMatching(/^\d{4}-.*Z$/)
      expect(next_cursor).toBeNull()
      expect(conversations).toEqual([
        {
          session_id: body.session_id,
          bot_id: tenant.botId,
          visitor_id: 'v1',
          visitor_metadata: { plan: 'a' },
          first_question: question,
          turns: 2,
          created_at: time,
          last_turn_at: time,
          finish_reason: 'stop',
          rating: { helpful: 0, not_helpful: 1 },
          unanswered: true,
        },
        expect.objectContaining({
          session_id: older,
          visitor_id: null,
          visitor_metadata: null,
          first_question: 'q'.repeat(300),
          turns: 1,
          finish_reason: 'error',
          rating: { helpful: 0, not_helpful: 0 },
          unanswered: false,
        }),
      ])
    })

    it('“hello” is not one that was left unanswered, and what the model itself does not know is', async () => {
      const tenant = await knowing(app(), {
        bot: { ...replying('ok', { reply: 'Sorry, no idea.' }), unknownAnswer: 'Sorry, no idea.' },
      })
      const greeted = turn(await knowing(app(), { bot: replying('ok', { reply: 'Hi!' }) }), { message: 'Hello' })
      const asked = turn(tenant)
      await app().chat(asked)
      expect((await list(tenant, { unanswered: 'true' })).conversations).toHaveLength(1)
      await app().chat(greeted)
      await app().chat({
        ...greeted,
        public_key: tenant.publicKey,
        session_id: randomUUID(),
        message: 'Which club won in 1974?',
      })
      expect((await list(tenant, { unanswered: 'true' })).conversations).toHaveLength(2)
    })

    it('goes on page by page without losing or repeating one, in both directions, also where times are equal', async () => {
      const tenant = await app().tenant()
      await app().ports.db.execute(sql`
        insert into sessions (workspace_id, bot_id, session_id, last_turn_at)
        select ${tenant.workspaceId}, ${tenant.botId}, gen_random_uuid(),
          '2026-03-04 05:06:07.123456Z'::timestamptz + make_interval(secs => (n / 5) * 0.000001)
        from generate_series(1, 53) n`)
      for (const sort of ['newest', 'oldest']) {
        const seen: string[] = []
        let cursor: string | null = ''
        while (cursor !== null) {
          const page: Listed = await list(tenant, { sort, limit: 7, ...(cursor && { cursor }) })
          seen.push(...idsOf(page))
          cursor = page.next_cursor
        }
        expect(seen).toHaveLength(53)
        expect(new Set(seen).size).toBe(53)
      }
    })

    it('of a workspace has the conversations of all its bots, of one with bot_id, and of no other workspace', async () => {
      const tenant = await app().tenant()
      const { botId } = await app().tenant()
      const other = { ...tenant, botId: randomUUID() as Tenant['botId'] }
      await app().ports.db.execute(sql`
        insert into bots (workspace_id, id, name) values (${tenant.workspaceId}, ${other.botId}, 'Other')`)
      const [first, second] = [await store(tenant, { ago: 1 }), await store(other, {})]
      const all = async (query = '') => idsOf((await ask(tenant, `conversations/${query}`)).json as Listed)
      expect(await all()).toEqual([second, first])
      expect(await all(`?bot_id=${tenant.botId}`)).toEqual([first])
      expect(await all(`?bot_id=${botId}`)).toEqual([])
      expect(idsOf(await list(tenant))).toEqual([first])
    })
  })

  describe('filters', () => {
    let tenant: Tenant
    const named: Record<string, string> = {}
    const stored: Record<string, StoredTurn> = {
      refund: { question: 'How long does a refund take?', answer: 'Five days.', visitor: 'ann', ago: 10 },
      russian: { question: 'Когда придёт ПОСЫЛКА?', answer: 'Завтра.', ago: 9 },
      chinese: { question: '退款需要几天？', answer: '五个工作日。', ago: 8 },
      thai: { question: 'คืนเงินใช้เวลากี่วัน', answer: 'ห้าวัน', ago: 7 },
      korean: { question: '환불은 며칠 걸리나요?', answer: '5일입니다.', ago: 6 },
      arabic: { question: 'كم يستغرق استرداد الأموال؟', answer: 'خمسة أيام', ago: 5 },
      german: { question: 'Über 50%_Rabatt?', answer: 'Nein, höchstens 20%.', ago: 4, visitor: "o'neil" },
      helpful: { rating: 1, ago: 3, answer: 'A parcel.' },
      unhelpful: { rating: -1, ago: 2, answer: 'A letter.', isUnknown: true },
      broken: { finish: 'incomplete', ago: 1, answer: 'A half' },
      tried: { playground: true, finish: 'length', ago: 0.5, answer: 'Try.' },
    }
    beforeAll(async () => {
      tenant = await app().tenant()
      for (const [name, one] of Object.entries(stored)) named[await store(tenant, one)] = name
    })
    const find = async (query: Record<string, string>) => idsOf(await list(tenant, query)).map((id) => named[id])
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

    it.each([
      ['refund', ['refund']],
      ['REFUND long', ['refund']],
      ['days', ['refund']],
      ['refu', ['refund']],
      ['"a refund take"', ['refund']],
      ['"refund a"', []],
      ['"refu"', []],
      ['refund -long', []],
      ['parcel or letter', ['unhelpful', 'helpful']],
      ['посылка', ['russian']],
      ['退款', ['chinese']],
      ['几天 五个', ['chinese']],
      ['五天', []],
      ['กี่วัน', ['thai']],
      ['환불', ['korean']],
      ['استرداد', ['arabic']],
      ['über', ['german']],
      ['%_', ['german']],
      ['%', ['german']],
      ['_', ['german']],
      ['\\', []],
      ['nowhere', []],
      ['   ', Object.keys(stored).toReversed()],
    ])('q=%s finds %j', async (q, expected) => expect(await find({ q })).toEqual(expected))

    it.each([
      [{ rating: 'helpful' }, ['helpful']],
      [{ rating: 'not_helpful' }, ['unhelpful']],
      [{ rating: 'any' }, ['unhelpful', 'helpful']],
      [{ rating: 'none', q: 'parcel or half' }, ['broken']],
      [{ unanswered: 'true' }, ['unhelpful']],
      [{ unanswered: 'false', rating: 'any' }, ['helpful']],
      [{ finish_reason: 'error' }, ['broken']],
      [{ finish_reason: 'length' }, ['tried']],
      [{ finish_reason: 'cancelled' }, []],
      [{ visitor_id: 'ann' }, ['refund']],
      [{ visitor_id: "o'neil" }, ['german']],
      [{ visitor_id: 'Ann' }, []],
      [{ channel: 'playground' }, ['tried']],
      [{ channel: 'widget', q: 'try' }, []],
      [{ q: 'refund', visitor_id: 'ann', rating: 'none', channel: 'widget' }, ['refund']],
    ])('%j finds %j', async (query, expected) => expect(await find(query)).toEqual(expected))

    it('dates include the first and not the last, and meet the same message as the other fields', async () => {
      expect(await find({ from: ago(3.5), to: ago(1.5) })).toEqual(['unhelpful', 'helpful'])
      const session = await store(tenant, { ago: 30, question: 'Early bird' })
      named[session] = 'long'
      await store(tenant, { ago: 20, session, question: 'Late owl', rating: 1 })
      expect(await find({ from: ago(31), to: ago(29) })).toEqual(['long'])
      expect(await find({ from: ago(27), to: ago(23) })).toEqual([])
      expect(await find({ q: 'owl', rating: 'helpful' })).toEqual(['long'])
      expect(await find({ q: 'bird', rating: 'helpful' })).toEqual([])
    })

    it('key_id finds what was said with the key', async () => {
      expect(await find({ key_id: tenant.keyId.toUpperCase(), q: 'refund' })).toEqual(['refund'])
      expect(await find({ key_id: randomUUID() })).toEqual([])
    })

    const hostile = [
      "'",
      "' or 1=1--",
      "'; drop table sessions;--",
      '") or ("1"="1',
      '\\',
      "\\'",
      '%',
      '_',
      '$1',
      '${x}',
      '\0',
      'a\0b',
      "E'\\x27'",
      "'':*",
      "!'",
      '!(',
      'a & | b',
      '<->',
      '((((',
      '-',
      '-"a b"',
      '"',
      '""',
      'or',
      '\u2028',
      '\ud800',
      '{"$ne":1}',
      '__proto__',
      '1) union select null--',
      '/*',
      '0x27',
      'NaN',
      'null',
      '1e400',
      'a'.repeat(200),
    ] // prettier-ignore
    const fields = [
      'q',
      'from',
      'to',
      'finish_reason',
      'rating',
      'unanswered',
      'visitor_id',
      'key_id',
      'channel',
      'sort',
    ]

    it.each([...fields, 'cursor', 'limit', 'bot_id', 'unheard_of'])(
      'whatever %s holds, the answer is a list or 400 invalid_request',
      async (field) => {
        for (const value of hostile) {
          const search = `?${encodeURIComponent(field)}=${encodeURIComponent(value.toWellFormed())}`
          for (const path of [pathOf(tenant, search), `conversations/${search}`]) {
            const answer = await ask(tenant, path)
            if (answer.status === 400) expect(answer.json).toMatchObject({ error: 'invalid_request' })
            else
              expect([value, answer.status, Object.keys(answer.json as object)]).toEqual([
                value,
                200,
                ['conversations', 'next_cursor'],
              ])
          }
        }
      },
      60_000,
    )

    it('a cursor that was made up is refused, whatever is in it', async () => {
      const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const [id, bot] = [randomUUID(), tenant.botId]
      for (const value of [
        null,
        [],
        [1],
        ['1', id, bot],
        [1.5, id, bot],
        [1, "'", bot],
        [1, id, 'x'],
        [1e300, id, bot],
      ])
        expectInvalid(await ask(tenant, pathOf(tenant, `?cursor=${made(value)}`)))
      for (const us of [0, -(2 ** 53) + 1, 2 ** 53 - 1])
        expect((await ask(tenant, pathOf(tenant, `?cursor=${made([us, id, bot])}`))).status).toBe(200)
    })

    it.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-28T00:00:00.123456Z'])(
      'the date %s is one',
      async (date) => {
        await find({ from: date })
        await find({ to: date })
      },
    )
  })
})

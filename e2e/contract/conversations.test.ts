import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { sql } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { indexPage } from '../../server/src/knowledge/knowledge.ts'
import type { PageId } from '../../server/src/platform/id.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import type { Answer } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, knowing, post, question, refunds, replying, stop, turn, useApp } from './scene.ts'

interface Item {
  session_id: string
  turns: number
  [field: string]: unknown
}
type Listed = { conversations: Item[]; next_cursor: string | null }

interface StoredTurn {
  session?: string
  visitor?: string | null
  metadata?: object
  question?: string
  answer?: string
  finish?: string
  rating?: number
  isUnknown?: boolean
  playground?: boolean
  /** Days. */
  ago?: number
}

describe.each(lanes)('conversations on $name', (lane) => {
  const app = useApp(lane)
  const tokens = new Map<string, Promise<string>>()
  // Each person may ask so often in a minute.
  beforeEach(() => tokens.clear())

  function tokenOf({ workspaceId }: Pick<Tenant, 'workspaceId'>, role: 'viewer' | 'admin'): Promise<string> {
    const known =
      tokens.get(workspaceId + role) ??
      app()
        .member(workspaceId, role)
        .then(({ token }) => token)
    tokens.set(workspaceId + role, known)
    return known
  }
  async function ask(tenant: Tenant, path: string, method = 'GET'): Promise<Answer> {
    const role = method === 'GET' ? 'viewer' : 'admin'
    const headers = bearer(await tokenOf(tenant, role))
    return get(app(), `/api/workspaces/${tenant.workspaceId}/${path}`, { method, headers })
  }
  const pathOf = ({ botId }: Tenant, rest = '') => `bots/${botId}/conversations/${rest}`
  async function list(tenant: Tenant, query: Record<string, string | number> = {}): Promise<Listed> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    const answer = await ask(tenant, pathOf(tenant, `?${search}`))
    expect([answer.status, answer.body]).toEqual([200, answer.body])
    return answer.json as Listed
  }
  const idsOf = ({ conversations }: Listed) => conversations.map(({ session_id }) => session_id)

  /** As if it had been said so long ago; gives the session. */
  async function store({ workspaceId, botId, keyId }: Tenant, stored: StoredTurn): Promise<string> {
    const { session = randomUUID(), visitor = null, metadata = null, ago = 0, isUnknown = false } = stored
    const { question = 'What?', answer = 'That.', finish = 'stop', rating = null, playground = false } = stored
    const at = sql`now() - make_interval(secs => ${ago * 86_400})`
    const json = metadata && JSON.stringify(metadata)
    const trace = isUnknown ? JSON.stringify({ isUnknown }) : null
    await app().ports.db.execute(sql`
      with session as (
        insert into sessions (workspace_id, bot_id, session_id, visitor_id, visitor_metadata, created_at, last_turn_at)
        values (${workspaceId}, ${botId}, ${session}, ${visitor}, ${json}::jsonb, ${at}, ${at})
        on conflict (workspace_id, bot_id, session_id) do update set last_turn_at = excluded.last_turn_at
      )
      insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, rating, key_id, trace,
        created_at, ended_at, lease_until)
      values (${workspaceId}, ${botId}, ${session}, nextval('turns_question_id_seq'), ${question}, ${answer}, ${finish},
        ${rating}, ${playground ? null : keyId}, ${trace}::jsonb, ${at}, ${at}, now())`)
    return session
  }

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

  function expectInvalid(answer: Answer) {
    expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }])
  }

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

  async function eventsOf({ workspaceId }: Tenant) {
    const { rows } = await app().ports.db.execute(sql`
      select action, target_kind as kind, details from audit_events where workspace_id = ${workspaceId} order by id`)
    return rows
  }

  describe('the export of a bot', () => {
    it('as JSON Lines has each conversation as it is exported alone, with its ratings', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]` }) })
      const older = await store(tenant, { ago: 1, rating: 1, question: '=1+1', metadata: { '@x': '+1' } })
      const body = turn(tenant, { visitor_id: '-v' })
      await app().chat(body)
      const answer = await ask(tenant, pathOf(tenant, 'export.jsonl'))
      expect(answer.status).toBe(200)
      expect(answer.headers).toMatchObject({
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': `attachment; filename="conversations-${tenant.botId}.jsonl"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      const lines = answer.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines.map(({ session_id }) => session_id)).toEqual([older, body.session_id])
      expect(lines[0]).toMatchObject({
        visitor_metadata: { '@x': '+1' },
        messages: [{ content: '=1+1' }, { content: 'That.', rating: 1 }],
      })
      const headers = bearer(await tokenOf(tenant, 'viewer'))
      const alone = await get(app(), `/api/conversations/${body.session_id}/export.json`, { headers })
      expect(lines[1]).toEqual(alone.json)
    })

    it('as CSV quotes every cell and lets none begin as a formula', async () => {
      const tenant = await app().tenant()
      const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']
      for (const start of starts)
        await store(tenant, { question: `${start}cmd|"x"!A1`, answer: `${start}2`, visitor: `${start}v` })
      await store(tenant, { question: 'Plain, "quoted"\r\nlines', answer: 'a=b', rating: -1, metadata: { a: '=1' } })
      const answer = await ask(tenant, pathOf(tenant, 'export.csv'))
      expect(answer.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="conversations-${tenant.botId}.csv"`,
        'x-content-type-options': 'nosniff',
      })
      const [head = [], ...rows] = parseCsv(answer.body.replace(/^\uFEFF/, ''))
      expect(head.join()).toBe(
        'session_id,visitor_id,visitor_metadata,message_id,asked_at,question,answer,finish_reason,rating,citations',
      )
      const records = rows.map((row) => Object.fromEntries(row.map((cell, at) => [head[at], cell])))
      expect(records).toHaveLength(starts.length + 1)
      for (const [at, start] of starts.entries()) {
        expect(records[at]).toMatchObject({
          question: `'${start}cmd|"x"!A1`,
          answer: `'${start}2`,
          visitor_id: `'${start}v`,
        })
      }
      expect(records.at(-1)).toMatchObject({
        question: 'Plain, "quoted"\r\nlines',
        answer: 'a=b',
        visitor_metadata: '{"a":"=1"}',
        rating: 'not_helpful',
        visitor_id: '',
      })
      for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/)
    })

    it('takes the filters of the list, and who took what along is written down without what was looked for', async () => {
      const tenant = await app().tenant()
      const found = await store(tenant, { visitor: 'ann', question: 'Refund?' })
      await store(tenant, { visitor: 'bob', question: 'Refund?' })
      const answer = await ask(tenant, pathOf(tenant, 'export.jsonl?visitor_id=ann&q=refund'))
      expect(
        answer.body
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).session_id),
      ).toEqual([found])
      expect(await eventsOf(tenant)).toEqual([
        { action: 'export.bot', kind: 'bot', details: { format: 'jsonl', filters: ['q', 'visitor_id'] } },
      ])
      expectInvalid(await ask(tenant, pathOf(tenant, 'export.csv?rating=best')))
    })

    it('of a bot without conversations is an empty file, and a table with nothing but its head', async () => {
      const tenant = await app().tenant()
      expect((await ask(tenant, pathOf(tenant, 'export.jsonl'))).body).toBe('')
      expect(parseCsv((await ask(tenant, pathOf(tenant, 'export.csv'))).body)).toHaveLength(1)
    })

    it('429 rate_limited after the 10th of a minute', async () => {
      const tenant = await app().tenant()
      for (let i = 0; i < 10; i++) expect((await ask(tenant, pathOf(tenant, 'export.csv'))).status).toBe(200)
      const refused = await ask(tenant, pathOf(tenant, 'export.jsonl'))
      expect([refused.status, refused.headers['ratelimit-limit']]).toEqual([429, '10'])
    })

    it.each(['export.jsonl', 'export.csv'])(
      '%s of 4,000 turns waits for a reader who does not read',
      async (file) => {
        const tenant = await app().tenant()
        const { workspaceId, botId, keyId } = tenant
        const { db } = app().ports
        await db.execute(sql`
        insert into sessions (workspace_id, bot_id, session_id, last_turn_at)
        select ${workspaceId}, ${botId}, gen_random_uuid(), now() - make_interval(secs => n) from generate_series(1, 40) n`)
        await db.execute(sql`
        insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, key_id, ended_at, lease_until)
        select workspace_id, bot_id, session_id, nextval('turns_question_id_seq'), 'Question ' || n, repeat('x', 6000), 'stop',
          ${keyId}, now(), now() from sessions, generate_series(1, 100) n where workspace_id = ${workspaceId}`)
        let statements = 0
        const count = () => statements++
        app().database.pool.on('acquire', count)
        const headers = bearer(await tokenOf(tenant, 'viewer'))
        const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
          const url = `${app().url}/api/workspaces/${workspaceId}/${pathOf(tenant, file)}`
          request(url, { headers, agent: false }, resolve).on('error', reject).end()
        })
        // Nobody reads: the statements come to rest long before the last of the 40 conversations.
        let before = -1
        while (before !== statements) {
          before = statements
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        expect(statements).toBeLessThan(35)
        let bytes = 0
        for await (const chunk of response) bytes += (chunk as Buffer).length
        app().database.pool.off('acquire', count)
        expect(bytes).toBeGreaterThan(4_000 * 6_000)
        expect(statements).toBeGreaterThan(40)
      },
      60_000,
    )
  })
})

/** RFC 4180, all cells quoted. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, cell = '', end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    rows.at(-1)?.push(cell.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

import { type IncomingMessage, request } from 'node:http'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { expectInvalid, pathOf, useConversations } from './conversation-scene.ts'
import { bearer, get, knowing, refunds, replying, turn, useApp } from './scene.ts'

describe.each(lanes)('the export of a bot on $name', (lane) => {
  const app = useApp(lane)
  const { tokenOf, ask, store, eventsOf } = useConversations(app)

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
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
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

/** RFC 4180, all cells quoted. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, cell = '', end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    rows.at(-1)?.push(cell.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

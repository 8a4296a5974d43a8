import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { parseEvents, textOf } from '../../server/testing/http.ts'
import { eventually } from './eventually.ts'
import {
  beside,
  expectRefusal,
  get,
  knowing,
  refunds,
  replying,
  resume,
  stop,
  turn,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'

describe.each(lanes)('GET /api/chat/stream/ on $name', (lane) => {
  const app = useApp(lane)
  let second: TestApp
  beforeAll(async () => {
    second = await startApp(beside(app()))
  })
  afterAll(() => second[Symbol.asyncDispose]())

  const servers: [string, () => TestApp][] = [
    ['the server that wrote it', () => app()],
    ['another server on the same database', () => second],
  ]

  describe.each(servers)('after the end, from %s', (_, server) => {
    it('each Last-Event-ID gives exactly the rest, under the same ids', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { reply: `${refunds} [1]`, paceMs: 2 }) })
      const body = turn(tenant)
      const { events } = await app().chat(body)
      expect(events.length).toBeGreaterThan(5)
      for (let lastEventId = 0; lastEventId <= events.length; lastEventId++) {
        const again = await resume(server(), body, events[0]?.data.message_id, lastEventId)
        await again.ended
        expect(again.events).toEqual(events.slice(lastEventId))
      }
    })

    it('the whole of an answer whose events are more than is kept for a reader', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { reply: refunds }) })
      const body = turn(tenant)
      const { events } = await app().chat(body)
      const words = Array.from({ length: 9_000 }, (_, at) => `word${at} `)
      let end = 0
      const ends = words.map((word) => {
        end += word.length
        return end
      })
      await app().ports.db.execute(sql`
        update turns set answer = ${words.join('')}, token_ends = ${`{${ends.join(',')}}`}::int[]
        where workspace_id = ${tenant.workspaceId}`)
      const again = await resume(server(), body, events[0]?.data.message_id)
      await again.ended
      expect(textOf(again.events)).toBe(words.join(''))
      expect(again.events.at(-1)).toMatchObject({ event: 'done' })
    })

    it('how it ended, to a reader who saw more of it than was stored', async () => {
      const tenant = await knowing(app(), { bot: replying('fin_early') })
      const body = turn(tenant)
      const { events } = await app().chat(body)
      const again = await resume(server(), body, events[0]?.data.message_id, events.length + 20)
      await again.ended
      expect(again.events).toMatchObject([
        { id: events.length + 21, event: 'error', data: { code: 'llm_unavailable' } },
        { id: events.length + 22, event: 'done', data: { finish_reason: 'error' } },
      ])
    })

    it.each([
      ['a block', { moderationPatterns: ['refund'] }],
      ['an error', replying('http401')],
      ['the middle', replying('fin_early')],
    ])('the same events when it ended in %s', async (_, bot) => {
      const tenant = await knowing(app(), { bot })
      const body = turn(tenant)
      const { events } = await app().chat(body)
      const again = await resume(server(), body, events[0]?.data.message_id)
      await again.ended
      expect(again.events).toEqual(events)
    })
  })

  describe.each(servers)('while it is written, from %s', (_, server) => {
    it('what was missed and then what comes, with the ids of the first stream', async () => {
      const tenant = await knowing(app(), { bot: replying('ok', { tokens: 12, paceMs: 120 }) })
      const body = turn(tenant)
      const first = await app().openChat(body)
      await eventually(() => first.events.length >= 4)
      const again = await resume(server(), body, first.events[0]?.data.message_id, 2)
      await Promise.all([first.ended, again.ended])
      expect(again.events).toEqual(first.events.slice(2))
      expect(again.events.at(-1)?.event).toBe('done')
    })

    it('it can be stopped', async () => {
      const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 2, reply: 'One two three.' }) })
      const body = turn(tenant)
      const first = await app().openChat(body)
      await eventually(() => textOf(first.events) === 'One two')
      expect((await stop(server(), body, first.events[0]?.data.message_id)).status).toBe(204)
      await first.ended
      expect(first.events.at(-1)?.data).toEqual({ finish_reason: 'cancelled' })
    })
  })

  it('a visitor who leaves does not stop the reply: it is finished, stored, counted, and can be picked up', async () => {
    const tenant = await knowing(app(), { bot: replying('ok', { tokens: 20, paceMs: 20 }) })
    const body = turn(tenant)
    const first = await app().openChat(body)
    await first.until('token')
    first.cut()
    const stored = await eventually(async () => (await turnsOf(app(), tenant)).find(({ finish }) => finish !== null))
    expect(stored.finish).toBe('stop')
    expect(stored.answer.split(' ')).toHaveLength(20)
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
    const again = await resume(app(), body, first.events[0]?.data.message_id, first.events.at(-1)?.id)
    await again.ended
    expect(textOf([...first.events, ...again.events])).toBe(stored.answer)
  })

  it('a visitor who leaves before the first token neither', async () => {
    const tenant = await knowing(app(), { bot: replying('slow_first', { slowMs: 300, reply: 'Late.' }) })
    const first = await app().openChat(turn(tenant))
    await first.until('meta')
    first.cut()
    await eventually(async () => (await turnsOf(app(), tenant))[0]?.finish === 'stop')
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
  })

  describe('refuses', () => {
    async function asked() {
      const body = turn(await app().tenant())
      const { events } = await app().chat(body)
      return {
        public_key: body.public_key,
        session_id: body.session_id,
        message_id: String(events[0]?.data.message_id),
      }
    }
    const ask = (query: Record<string, string>) => get(app(), `/api/chat/stream/?${new URLSearchParams(query)}`)

    it.each([
      ['another session', { session_id: randomUUID() }, 404, 'session_not_found'],
      ['an unknown message', { message_id: '999999999' }, 404, 'session_not_found'],
      ['a message that is no number', { message_id: '1e3' }, 404, 'session_not_found'],
      ['a negative message', { message_id: '-1' }, 404, 'session_not_found'],
      ['a message beyond the range', { message_id: '9'.repeat(30) }, 404, 'session_not_found'],
      ['a session that is no UUID', { session_id: 'x' }, 400, 'invalid_session_id'],
      ['an unknown key', { public_key: 'mvc_pk_unknown_unknown' }, 401, 'invalid_api_key'],
    ])('%s', async (_, change, status, code) => {
      expectRefusal(await ask({ ...(await asked()), ...change }), status, code)
    })

    it('a key of another bot: a session is the bot’s alone', async () => {
      const { publicKey } = await app().tenant()
      expectRefusal(await ask({ ...(await asked()), public_key: publicKey }), 404, 'session_not_found')
    })

    it('an origin that the key does not list', async () => {
      const tenant = await app().tenant({ domains: ['example.com'] })
      const query = new URLSearchParams({ ...turn(tenant), message_id: '1' })
      expectRefusal(await get(app(), `/api/chat/stream/?${query}`), 403, 'origin_not_allowed')
    })
  })

  it.each(['x', '-1', '1.5', '', '9'.repeat(20)])(
    'a Last-Event-ID that is no event’s (%j) gives the whole',
    async (id) => {
      const body = turn(await app().tenant())
      const { events } = await app().chat(body)
      const { public_key, session_id } = body
      const query = new URLSearchParams({ public_key, session_id, message_id: events[0]?.data.message_id })
      const answer = await get(app(), `/api/chat/stream/?${query}`, { headers: { 'last-event-id': id } })
      expect(answer.headers['content-type']).toBe('text/event-stream')
      expect(parseEvents(answer.body)).toEqual(events)
    },
  )
})

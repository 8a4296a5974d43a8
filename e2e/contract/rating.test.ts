import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { lanes } from '../../server/testing/database.ts'
import { type ChatBody, expectRefusal, knowing, post, replying, stop, turn, useApp } from './scene.ts'

describe.each(lanes)('POST /api/chat/rating/ on $name', (lane) => {
  const app = useApp(lane)

  async function answered(options: Parameters<typeof knowing>[1] = {}, headers = {}) {
    const tenant = await knowing(app(), options)
    const body = turn(tenant)
    const { events } = await app().chat(body, headers)
    return { tenant, body, messageId: events[0]?.data.message_id as number }
  }
  const rate = ({ public_key, session_id }: ChatBody, fields: object, headers = {}) =>
    post(app(), '/api/chat/rating/', { public_key, session_id, ...fields }, { headers })
  async function ratingOf(messageId: number) {
    const { rows } = await app().ports.db.execute(sql`select rating from turns where id = ${messageId}`)
    return rows[0]?.rating
  }

  it('204 for helpful, not helpful, and neither any more; the last one stands', async () => {
    const { body, messageId } = await answered()
    for (const rating of [1, -1, null, -1]) {
      const answer = await rate(body, { message_id: messageId, rating })
      expect([answer.status, answer.body]).toEqual([204, ''])
      expect(await ratingOf(messageId)).toBe(rating)
    }
  })

  it('204 while the answer is being written; it is kept when the answer ends', async () => {
    const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
    const body = turn(tenant)
    const stream = await app().openChat(body)
    await stream.until('token')
    const messageId = stream.events[0]?.data.message_id
    expect((await rate(body, { message_id: messageId, rating: 1 })).status).toBe(204)
    await stop(app(), body, messageId)
    await stream.ended
    expect(await ratingOf(messageId)).toBe(1)
  })

  it.each([undefined, 0, 2, 1.5, '1', true, [1], {}])('400 invalid_request for the rating %j', async (rating) => {
    const { body, messageId } = await answered()
    expectRefusal(await rate(body, { message_id: messageId, rating }), 400, 'invalid_request')
    expect(await ratingOf(messageId)).toBeNull()
  })

  it('404 session_not_found for a message of another session, of another bot, or none at all', async () => {
    const { body, messageId } = await answered()
    const other = await answered()
    const asked: [ChatBody, unknown][] = [
      [{ ...body, session_id: randomUUID() }, messageId],
      [{ ...body, public_key: other.tenant.publicKey }, messageId],
      [body, other.messageId],
      [body, String(messageId)],
      [body, 2 ** 60],
      [body, null],
    ]
    for (const [from, message_id] of asked)
      expectRefusal(await rate(from, { message_id, rating: 1 }), 404, 'session_not_found')
    expect(await ratingOf(messageId)).toBeNull()
  })

  it('refuses in this order: JSON, key, origin, session_id, bot, rating, message', async () => {
    const origin = 'https://example.com'
    const { tenant, body } = await answered({ domains: ['example.com'] }, { origin })
    const wrong = { message_id: 1, rating: 7 }
    expectRefusal(await post(app(), '/api/chat/rating/', '{'), 400, 'invalid_json')
    expectRefusal(await rate({ ...body, public_key: 'mvc_pk_unknown', session_id: 'x' }, wrong), 401, 'invalid_api_key')
    expectRefusal(await rate({ ...body, session_id: 'x' }, wrong), 403, 'origin_not_allowed')
    expectRefusal(await rate({ ...body, session_id: 'x' }, wrong, { origin }), 400, 'invalid_session_id')
    expectRefusal(await rate(body, wrong, { origin }), 400, 'invalid_request')
    expectRefusal(await rate(body, { ...wrong, rating: 1 }, { origin }), 404, 'session_not_found')
    await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', isEnabled: false })
    expectRefusal(await rate(body, wrong, { origin }), 404, 'bot_not_found')
  })
})

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { textOf } from '../../server/testing/http.ts'
import { eventually } from './eventually.ts'
import {
  type ChatBody,
  callsTo,
  expectRefusal,
  knowing,
  post,
  replying,
  stop,
  turn,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'

describe.each(lanes)('POST /api/chat/stop/ on $name', (lane) => {
  const app = useApp(lane)

  /** An answer that has come as far as `event` and goes no further by itself. */
  async function running(event: 'meta' | 'token') {
    const model = replying(event === 'meta' ? 'slow_first' : 'stall_mid', { faultAfter: 2, reply: 'One two three.' })
    const tenant = await knowing(app(), { bot: model })
    const body = turn(tenant)
    const stream = await app().openChat(body)
    await stream.until(event)
    const messageId: number = stream.events[0]?.data.message_id
    return { model, tenant, body, stream, messageId }
  }

  it('204 before the first token: cancelled, nothing counted, the model’s call ended', async () => {
    const { model, tenant, body, stream, messageId } = await running('meta')
    const call = await eventually(() => callsTo(app(), model)[0])
    expect((await stop(app(), body, messageId)).status).toBe(204)
    await stream.ended
    expect(stream.events.map(({ event }) => event)).toEqual(['meta', 'done'])
    expect(stream.events.at(-1)?.data).toEqual({ finish_reason: 'cancelled' })
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
    await eventually(() => call.wasCut)
  })

  it('204 in the middle: cancelled, what was sent is kept and counts', async () => {
    const { tenant, body, stream, messageId } = await running('token')
    await eventually(() => textOf(stream.events) === 'One two')
    const answer = await stop(app(), body, messageId)
    expect([answer.status, answer.body]).toEqual([204, ''])
    await stream.ended
    expect(stream.events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'cancelled' } })
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'One two', finish: 'cancelled' }])
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
  })

  it('204 after the end, which it does not change', async () => {
    const tenant = await knowing(app(), { bot: replying('ok', { reply: 'Done.' }) })
    const body = turn(tenant)
    const { events } = await app().chat(body)
    expect((await stop(app(), body, events[0]?.data.message_id)).status).toBe(204)
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'Done.', finish: 'stop' }])
  })

  it('the next turn of the session is free at once, and knows what was said', async () => {
    const { model, body, stream, messageId } = await running('token')
    await eventually(() => textOf(stream.events) === 'One two')
    await stop(app(), body, messageId)
    await stream.ended
    const next = await app().openChat(turn({ publicKey: body.public_key }, { session_id: body.session_id }))
    await next.until('token')
    expect(callsTo(app(), model)[1]?.prompt).toContain('One two')
    await stop(app(), body, next.events[0]?.data.message_id)
    await next.ended
  })

  const wrong: [string, (body: ChatBody) => object, number, string][] = [
    ['of another session', () => ({ session_id: randomUUID() }), 404, 'session_not_found'],
    ['of an unknown message', () => ({ message_id: 999_999_999 }), 404, 'session_not_found'],
    ['of a message that is no number', () => ({ message_id: '1' }), 404, 'session_not_found'],
    ['of a message beyond the range', () => ({ message_id: 2 ** 53 }), 404, 'session_not_found'],
    ['without a message', () => ({ message_id: undefined }), 404, 'session_not_found'],
    ['of a session that is no UUID', () => ({ session_id: 'x' }), 400, 'invalid_session_id'],
    ['with an unknown key', () => ({ public_key: 'mvc_pk_unknown_unknown' }), 401, 'invalid_api_key'],
  ]
  it('refuses a request that is not of this key, session and message, and the answer goes on', async () => {
    const { body, stream, messageId } = await running('token')
    for (const [, change, status, code] of wrong) {
      expectRefusal(
        await post(app(), '/api/chat/stop/', { ...body, message_id: messageId, ...change(body) }),
        status,
        code,
      )
    }
    const stranger = await app().tenant()
    const foreign = { ...body, public_key: stranger.publicKey }
    expectRefusal(await stop(app(), foreign, messageId), 404, 'session_not_found')
    expect(stream.events.map(({ event }) => event)).not.toContain('done')
    await stop(app(), body, messageId)
    await stream.ended
  })

  it('403 origin_not_allowed from a page that the key does not list', async () => {
    const tenant = await app().tenant({ domains: ['example.com'] })
    const answer = await post(
      app(),
      '/api/chat/stop/',
      { ...turn(tenant), message_id: 1 },
      {
        headers: { origin: 'https://evil.example' },
      },
    )
    expectRefusal(answer, 403, 'origin_not_allowed')
  })
})

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { parseEvents, textOf } from '../../server/testing/http.ts'
import { callsTo, knowing, post, question, refunds, replying, turn, turnsOf, useApp } from './scene.ts'

describe.each(lanes)('POST /api/chat/ › stream on $name', (lane) => {
  const app = useApp(lane)

  async function ask(mode: string, settings: Record<string, string | number>) {
    const tenant = await knowing(app(), { bot: replying(mode, settings) })
    const body = turn(tenant)
    return { tenant, body, answer: await post(app(), '/api/chat/', body) }
  }

  it('200 with meta first, then tokens, citations, and done last, numbered from 1', async () => {
    const { tenant, body, answer } = await ask('ok', { reply: `${refunds} [1]`, paceMs: 1 })
    const events = parseEvents(answer.body)
    const names = events.map(({ event }) => event)
    expect(names.join(' ')).toMatch(/^meta( token)+ citations done$/)
    expect(events.map(({ id }) => id)).toEqual(names.map((_, at) => at + 1))
    expect(events[0]?.data).toEqual({ session_id: body.session_id, message_id: expect.any(Number) })
    expect(Number.isSafeInteger(events[0]?.data.message_id)).toBe(true)
    expect(textOf(events)).toBe(`${refunds} [1]`)
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
    const [stored] = await turnsOf(app(), tenant)
    expect(stored).toMatchObject({ id: events[0]?.data.message_id, answer: textOf(events), finish: 'stop' })
  })

  it('carries the headers of a stream that nobody may keep or buffer', async () => {
    const { answer } = await ask('ok', {})
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
  })

  it('is one id, one event and one data line a frame', async () => {
    const { answer } = await ask('ok', { tokens: 3, paceMs: 2 })
    for (const frame of answer.body.split('\n\n').slice(0, -1)) {
      expect(frame).toMatch(/^id: \d+\nevent: [a-z]+\ndata: \{.*\}$/)
    }
    expect(answer.body.endsWith('\n\n')).toBe(true)
  })

  it.each([
    ['newlines', 'a\n\nevent: done\ndata: {"finish_reason":"stop"}\n\n'],
    ['carriage returns', 'a\r\revent: done\rdata: {}\r\r'],
    ['U+2028 and U+2029', 'a\u2028\u2028event: done\u2029data: {}\u2029'],
    ['quotes and backslashes', 'a"}\\n\\ndata: {"'],
  ])('makes no event of %s in an answer', async (_, reply) => {
    const { answer } = await ask('ok', { reply })
    const events = parseEvents(answer.body)
    expect(events.filter(({ event }) => event === 'done')).toHaveLength(1)
    expect(textOf(events).trim()).toBe(reply.trim())
    expect(answer.body).not.toMatch(/[\r\u2028\u2029]/)
  })

  it('leaves NUL out of an answer, on the wire and in the database', async () => {
    const { tenant, answer } = await ask('ok', { reply: 'be\0fore and after' })
    expect(textOf(parseEvents(answer.body))).toBe('before and after')
    expect((await turnsOf(app(), tenant))[0]?.answer).toBe('before and after')
  })

  it('finish_reason is length when the model ran out of room', async () => {
    const { tenant, answer } = await ask('ok', { finishReason: 'length' })
    expect(parseEvents(answer.body).at(-1)?.data).toEqual({ finish_reason: 'length' })
    expect((await turnsOf(app(), tenant))[0]?.finish).toBe('length')
  })

  it('is an honest "I don’t know", without a model call, where the knowledge holds nothing', async () => {
    const model = replying('ok', { reply: 'CANARY' })
    const tenant = await knowing(app(), { bot: { ...model, unknownAnswer: 'No idea.' } })
    const { events } = await app().chat(turn(tenant, { message: 'Which football club won the cup in 1974?' }))
    expect(textOf(events)).toBe('No idea.')
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
    expect(callsTo(app(), model)).toEqual([])
  })

  it('a greeting is the model’s to answer; the built-in one greets back in the bot’s words', async () => {
    const model = replying('ok', { reply: 'Hello back.' })
    const asked = await knowing(app(), { bot: model })
    expect(textOf((await app().chat(turn(asked, { message: 'Hello!' }))).events)).toBe('Hello back.')
    const quoting = await knowing(app(), { bot: { chatModel: 'built-in', greeting: 'Welcome to the shop.' } })
    expect(textOf((await app().chat(turn(quoting, { message: 'Hallo' }))).events)).toBe('Welcome to the shop.')
  })

  it('sends the session’s history to the model, oldest first', async () => {
    const model = replying('ok', { reply: 'FIRST-ANSWER' })
    const tenant = await knowing(app(), { bot: model })
    const session_id = randomUUID()
    await app().chat(turn(tenant, { session_id }))
    await app().chat(turn(tenant, { session_id, message: `${question} Really?` }))
    const messages = callsTo(app(), model).at(-1)?.body.messages
    expect(messages).toEqual([
      expect.objectContaining({ content: expect.stringContaining(refunds) }),
      { role: 'user', content: question },
      { role: 'assistant', content: 'FIRST-ANSWER' },
      { role: 'user', content: `${question} Really?` },
    ])
  })

  it('a session under another bot is another one: it starts empty, in the same workspace and in another', async () => {
    const session_id = randomUUID()
    const first = await knowing(app(), { bot: replying('ok', { reply: 'CANARY-ANSWER' }) })
    await app().chat(turn(first, { session_id, message: `${question} CANARY-QUESTION` }))
    const model = replying('ok', { reply: 'other' })
    const second = await knowing(app(), { bot: model })
    const { status } = await app().chat(turn(second, { session_id }))
    expect(status).toBe(200)
    expect(callsTo(app(), model).at(-1)?.prompt).not.toContain('CANARY')
    expect(await turnsOf(app(), second)).toHaveLength(1)
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { freshAddress, type Tenant } from '../../server/testing/app.ts'
import { expectRefusal, knowing, post, question, replying, useApp } from './scene.ts'

/** What fails, in the order of the contract; a request is broken by one of them and by all that come after it. */
const checks = [
  ['method', 405, 'method_not_allowed'],
  ['rate limit', 429, 'rate_limited'],
  ['encoding', 415, 'unsupported_encoding'],
  ['size', 413, 'payload_too_large'],
  ['JSON', 400, 'invalid_json'],
  ['key', 401, 'invalid_api_key'],
  ['origin', 403, 'origin_not_allowed'],
  ['session_id', 400, 'invalid_session_id'],
  ['empty message', 400, 'invalid_message'],
  ['long message', 400, 'message_too_long'],
  ['visitor_id', 400, 'invalid_visitor_id'],
  ['visitor_metadata', 400, 'invalid_visitor_metadata'],
  ['bot', 404, 'bot_not_found'],
  ['turn in progress', 409, 'turn_in_progress'],
] as const

type Check = (typeof checks)[number][0]

describe('POST /api/chat/ checks in the order of the contract', () => {
  const app = useApp()
  const busySession = randomUUID()
  const origin = 'https://example.com'
  let live: Tenant
  let switchedOff: Tenant

  // With its first token a reply has made all the calls it ever will: none is tried again from there on.
  const endless = replying('ok', { tokens: 100_000, paceMs: 100 })

  beforeAll(async () => {
    const options = { domains: ['example.com'], bot: endless }
    live = await knowing(app(), options)
    switchedOff = await knowing(app(), options)
    for (const { publicKey } of [live, switchedOff]) {
      const stream = await app().openChat(
        { public_key: publicKey, session_id: busySession, message: question },
        { origin },
      )
      await stream.until('token')
    }
    await saveBot(app().ports, switchedOff.workspaceId, { name: 'Bot', isEnabled: false })
  })

  /** An address that has made all the requests of its minute. */
  async function exhausted(): Promise<string> {
    const address = freshAddress()
    for (let i = 0; i < 60; i++) await app().ports.limiter.take('chat', 60, address)
    return address
  }

  async function ask(broken: ReadonlySet<Check>) {
    const tenant = broken.has('bot') ? switchedOff : live
    const fields = {
      public_key: broken.has('key') ? 'mvc_pk_unknown_unknown' : tenant.publicKey,
      session_id: broken.has('session_id') ? 'nope' : busySession,
      message: broken.has('empty message') ? '' : broken.has('long message') ? 'a'.repeat(4_001) : question,
      ...(broken.has('visitor_id') && { visitor_id: 1 }),
      ...(broken.has('visitor_metadata') && { visitor_metadata: [] }),
    }
    const json = JSON.stringify(fields)
    const body = (broken.has('JSON') ? json.slice(0, -1) : json) + (broken.has('size') ? ' '.repeat(65_536) : '')
    return post(app(), '/api/chat/', body, {
      method: broken.has('method') ? 'PUT' : 'POST',
      headers: {
        origin: broken.has('origin') ? 'https://evil.example' : origin,
        ...(broken.has('encoding') && { 'content-encoding': 'gzip' }),
      },
      localAddress: broken.has('rate limit') ? await exhausted() : freshAddress(),
    })
  }

  async function written() {
    const { rows } = await app().ports.db.execute(sql`
      select (select count(*)::int from sessions) as sessions, (select count(*)::int from turns) as turns,
        (select sum(used + reserved)::int from usage_months) as replies`)
    return { ...rows[0], calls: app().models.callCount }
  }

  it.each(checks.map(([check, status, code], at) => ({ check, status, code, at })))(
    '$status $code for the $check, whatever else is wrong after it; nothing is written, no model called',
    async ({ status, code, at }) => {
      const before = await written()
      const answer = await ask(new Set(checks.slice(at).map(([check]) => check)))
      expectRefusal(answer, status, code)
      expect(await written()).toEqual(before)
    },
  )
})

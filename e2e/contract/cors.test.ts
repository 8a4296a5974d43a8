import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { freshAddress } from '../../server/testing/app.ts'
import type { Answer, SendOptions } from '../../server/testing/http.ts'
import { doors } from './doors.ts'
import { get, post, turn, useApp } from './scene.ts'

const foreign = { origin: 'https://any.example' }

function corsOf({ headers }: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
}

const readable = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After' }

describe('CORS', () => {
  const app = useApp()

  describe.each(doors.filter(({ isPublic }) => isPublic))('$path', ({ path, methods }) => {
    it('OPTIONS answers 204 to any origin, with methods, headers and a day', async () => {
      const preflight = {
        ...foreign,
        'access-control-request-method': methods[0] ?? '',
        'access-control-request-headers': 'content-type,x-anything',
      }
      const answer = await get(app(), path, { method: 'OPTIONS', headers: preflight })
      expect([answer.status, answer.body]).toEqual([204, ''])
      expect(corsOf(answer)).toEqual({
        ...readable,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'content-type, idempotency-key, last-event-id',
        'access-control-max-age': '86400',
      })
    })
  })

  async function locked() {
    return turn(await app().tenant({ domains: ['example.com'] }))
  }

  const exhausted = freshAddress()
  const answers: [status: number, what: string, ask: () => Promise<Answer>][] = [
    [200, 'a stream', async () => post(app(), '/api/chat/', turn(await app().tenant()), { headers: foreign })],
    [200, 'config', async () => config((await app().tenant()).publicKey)],
    [204, 'stop', () => stopped({})],
    [200, 'resume', async () => resumed({})],
    [400, 'a bad body', () => post(app(), '/api/chat/', '[]', { headers: foreign })],
    [401, 'an unknown key', () => config('mvc_pk_unknown_unknown')],
    [403, 'a refused origin', async () => post(app(), '/api/chat/', await locked(), { headers: foreign })],
    [404, 'a bot that is switched off', async () => switchedOff()],
    [404, 'an unknown message on stop', () => stopped({ message_id: 1 })],
    [404, 'an unknown session on resume', () => resumed({ session_id: randomUUID() })],
    [405, 'another method', () => get(app(), '/api/chat/', { headers: foreign })],
    [413, 'a large body', () => post(app(), '/api/chat/', ' '.repeat(70_000), { headers: foreign })],
    [415, 'an encoding', () => post(app(), '/api/chat/', '', { headers: { ...foreign, 'content-encoding': 'br' } })],
    [429, 'the 61st request', () => tooMany()],
  ]

  it.each(answers)('%i for %s can be read by any page, without credentials', async (status, _, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(corsOf(answer)).toEqual(readable)
  })

  it.each(doors.filter(({ isPublic }) => !isPublic))(
    '$path has none, not even on OPTIONS',
    async ({ path, methods }) => {
      for (const method of [...methods, 'OPTIONS']) {
        expect(corsOf(await get(app(), path, { method, headers: foreign }))).toEqual({})
      }
    },
  )

  function config(publicKey: string, options: SendOptions = {}) {
    return get(app(), `/api/widget/config/?public_key=${publicKey}`, { headers: foreign, ...options })
  }

  async function switchedOff() {
    const tenant = await app().tenant()
    await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', isEnabled: false })
    return post(app(), '/api/chat/', turn(tenant), { headers: foreign })
  }

  async function answered() {
    const body = turn(await app().tenant())
    const { events } = await app().chat(body)
    return { ...body, message_id: events[0]?.data.message_id as number }
  }

  async function stopped(fields: object) {
    return post(app(), '/api/chat/stop/', { ...(await answered()), ...fields }, { headers: foreign })
  }

  async function resumed(fields: object) {
    const { public_key, session_id, message_id } = { ...(await answered()), ...fields }
    const query = new URLSearchParams({ public_key, session_id, message_id: String(message_id) })
    return get(app(), `/api/chat/stream/?${query}`, { headers: foreign })
  }

  async function tooMany() {
    for (let i = 0; i < 60; i++) await post(app(), '/api/chat/', '', { localAddress: exhausted })
    return post(app(), '/api/chat/', '', { localAddress: exhausted, headers: foreign })
  }
})

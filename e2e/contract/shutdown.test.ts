import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { doors } from './doors.ts'
import { expectRefusal, get, knowing, replying, turn, turnsOf, usageOf, useApp } from './scene.ts'

describe.each(lanes)('shutting down on $name', (lane) => {
  const app = useApp(lane)

  it('lets streams run, refuses what is new with 503, and at the end of its patience says server_restarting and done', async () => {
    const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
    const stream = await app().openChat(turn(tenant))
    await stream.until('token')

    app().web.startDraining()
    for (const { path, methods, errorField, isPublic } of doors) {
      const answer = await get(app(), path, { method: methods[0] ?? 'GET' })
      expectRefusal(answer, 503, 'unavailable', errorField)
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(answer.headers.connection).toBe('close')
      expect(answer.headers['access-control-allow-origin']).toBe(isPublic ? '*' : undefined)
      expect(answer.headers['access-control-expose-headers']).toBe(isPublic ? 'Retry-After' : undefined)
    }
    expectRefusal(await get(app(), '/unknown'), 503, 'unavailable')
    expect((await get(app(), '/health/live')).status).toBe(200)
    expect((await get(app(), '/health/ready')).json).toEqual({ status: 'not_ready', reason: 'draining' })
    expect(stream.events.map(({ event }) => event)).not.toContain('done')

    app().ports.liveTurns.cancelAll('server_restarting')
    await stream.ended
    expect(stream.events.slice(-2).map(({ event, data }) => [event, data])).toEqual([
      ['error', { code: 'server_restarting', message: expect.stringMatching(/^[A-Z].*\.$/) }],
      ['done', { finish_reason: 'error' }],
    ])
    await app().ports.liveTurns.whenIdle()
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'One', finish: 'incomplete' }])
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
  })
})

describe('when the database cannot be reached', () => {
  const app = useApp()

  it('503 unavailable with Retry-After; alive, not ready', async () => {
    const tenant = await app().tenant()
    const { pool } = app().ports
    const { connect, query } = pool
    const toNobody = () => new pg.Client({ host: '127.0.0.1', port: 9 }).connect()
    Object.assign(pool, { connect: toNobody, query: toNobody })
    try {
      const answer = await get(app(), `/api/widget/config/?public_key=${tenant.publicKey}`)
      expectRefusal(answer, 503, 'unavailable')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect((await get(app(), '/health/live')).status).toBe(200)
      expect((await get(app(), '/health/ready')).json).toEqual({ status: 'not_ready', reason: 'database_unreachable' })
    } finally {
      Object.assign(pool, { connect, query })
    }
    expect((await get(app(), `/api/widget/config/?public_key=${tenant.publicKey}`)).status).toBe(200)
  })
})

import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { revokeKey, saveKey } from '../../server/src/keys/keys.ts'
import { startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import {
  beside,
  expectRefusal,
  knowing,
  post,
  replying,
  resume,
  stop,
  turn,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'

const endings: [string, (app: TestApp, tenant: Tenant) => Promise<unknown>][] = [
  ['a revoked key', ({ ports }, { workspaceId, keyId }) => revokeKey(ports, workspaceId, keyId)],
  [
    'the key of a suspended workspace',
    ({ ports }, { workspaceId }) =>
      ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${workspaceId}`),
  ],
]

describe.each(lanes)('on $name', (lane) => {
  const app = useApp(lane)

  it.each(endings)(
    '%s ends its replies in flight with key_revoked and done, and opens nothing more',
    async (_, end) => {
      const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
      const bystander = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
      const stream = await app().openChat(turn(tenant))
      const otherBody = turn(bystander)
      const other = await app().openChat(otherBody)
      await Promise.all([stream.until('token'), other.until('token')])

      await end(app(), tenant)
      await stream.ended
      expect(stream.events.slice(-2).map(({ event, data }) => [event, data])).toEqual([
        ['error', { code: 'key_revoked', message: expect.stringMatching(/^[A-Z].*\.$/) }],
        ['done', { finish_reason: 'error' }],
      ])
      expectRefusal(await post(app(), '/api/chat/', turn(tenant)), 401, 'invalid_api_key')
      expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: 'One', finish: 'incomplete' }])
      expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })

      expect(other.events.map(({ event }) => event)).not.toContain('done')
      await stop(app(), otherBody, other.events[0]?.data.message_id)
      await other.ended
    },
  )

  it('a revoked key reads no further in an answer that another key asked for, which goes on', async () => {
    const tenant = await knowing(app(), { bot: replying('ok', { tokens: 60, paceMs: 50 }) })
    const { id, publicKey } = await saveKey(app().ports, tenant.workspaceId, tenant.botId, {
      name: 'Reader',
      domains: [],
      isRevoked: false,
    })
    const body = turn(tenant)
    const asked = await app().openChat(body)
    await asked.until('token')
    const messageId = asked.events[0]?.data.message_id
    await using other = await startApp(beside(app()))
    const readers = await Promise.all(
      [app(), other].map((server) => resume(server, { ...body, public_key: publicKey }, messageId)),
    )
    await Promise.all(readers.map((reader) => reader.until('token')))
    await revokeKey(app().ports, tenant.workspaceId, id)
    for (const { events, ended } of readers) {
      await ended
      expect(events.slice(-2)).toMatchObject([
        { event: 'error', data: { code: 'key_revoked' } },
        { event: 'done', data: { finish_reason: 'error' } },
      ])
      expect(events.map((event) => event.id)).toEqual(events.map((_, at) => at + 1))
    }
    await asked.ended
    expect(asked.events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
  })

  it('revoking cannot be undone', async () => {
    const tenant = await app().tenant()
    const revokedAt = async () => {
      await revokeKey(app().ports, tenant.workspaceId, tenant.keyId)
      return (await app().ports.db.execute(sql`select revoked_at from keys where id = ${tenant.keyId}`)).rows
    }
    expect(await revokedAt()).toEqual(await revokedAt())
  })

  it('a bot’s reply in flight ends when its conversation is erased, and nothing of it comes back', async () => {
    const tenant = await knowing(app(), { bot: replying('stall_mid', { faultAfter: 1, reply: 'One two.' }) })
    const stream = await app().openChat(turn(tenant))
    await stream.until('token')
    await app().ports.db.execute(sql`delete from sessions where workspace_id = ${tenant.workspaceId}`)
    await stream.ended
    expect(stream.events.slice(-2)).toMatchObject([
      { event: 'error', data: { code: 'internal_error' } },
      { event: 'done', data: { finish_reason: 'error' } },
    ])
    expect(await turnsOf(app(), tenant)).toEqual([])
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
  })
})

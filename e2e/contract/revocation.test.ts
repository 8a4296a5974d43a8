import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { revokeKey } from '../../server/src/keys/keys.ts'
import type { Tenant, TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { expectRefusal, knowing, post, replying, stop, turn, turnsOf, usageOf, useApp } from './scene.ts'

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

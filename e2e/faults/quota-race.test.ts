import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { usage } from '../../server/src/quota/quota.ts'
import { lanes } from '../../server/testing/database.ts'
import { ask, newTenant, openRig } from './rig.ts'

const lane = lanes.find(({ name }) => name === 'PostgreSQL')

describe.runIf(lane)('two web processes on one PostgreSQL', { timeout: 180_000 }, () => {
  it('make exactly one call of the model for 200 requests at once at one below the cap', async () => {
    await using rig = await openRig({ name: 'PostgreSQL' })
    const servers = await Promise.all([rig.start('web'), rig.start('web')])
    const [first, second] = servers
    await using database = first.openDb()
    const { db } = database
    const tenant = await newTenant(db, 'scale')
    await db.execute(sql`
      insert into usage_months (workspace_id, month, used)
      values (${tenant.workspaceId}, date_trunc('month', now() at time zone 'utc')::date, 24999)`)
    rig.models.settings = { ...rig.models.settings, tokens: 10, paceMs: 200 }
    const asked = await Promise.all(Array.from({ length: 200 }, (_, at) => ask(at % 2 === 0 ? first : second, tenant)))
    // A machine that is slow may find the pool of connections taken for too long, and says so.
    const answered = asked.filter(({ stream }) => stream.status !== 503)
    const endings = await Promise.all(answered.map(({ stream }) => stream.until('done')))
    const reasons = endings.map(({ data }) => data.finish_reason)
    expect(reasons.sort()).toEqual([...Array(answered.length - 1).fill('quota_exceeded'), 'stop'])
    expect(rig.models.chatCalls()).toHaveLength(1)
    expect(await usage({ db }, tenant.workspaceId)).toEqual({ used: 25_000, reserved: 0 })
    const refused = asked.find(({ stream }) => stream.events.some(({ event }) => event === 'error'))
    expect(refused?.stream.events.map(({ event }) => event)).toEqual(['meta', 'error', 'done'])
    expect(refused?.stream.events[1]?.data).toMatchObject({ code: 'quota_exceeded', plan: 'scale', cap: 25_000 })
  })
})

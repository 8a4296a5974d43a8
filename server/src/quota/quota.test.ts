import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import type { PlanName } from '../plans/plans.ts'
import type { WorkspaceId } from '../platform/id.ts'
import { saveWorkspace } from '../workspaces/workspaces.ts'
import { type Hold, type OverCap, releaseExpired, renew, reserve, settleSql, usage } from './quota.ts'

describe.each(lanes)('quota on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const newWorkspace = (plan: PlanName) => saveWorkspace(database, { name: randomUUID(), plan, isSuspended: false })

  async function setUsed(workspaceId: WorkspaceId, used: number) {
    await database.db.execute(sql`
      insert into usage_months (workspace_id, month, used)
      values (${workspaceId}, date_trunc('month', now() at time zone 'utc')::date, ${used})`)
  }

  /** Ends a hold as the statement that closes a turn does. */
  async function settle(workspaceId: WorkspaceId, hold: Hold, isCounted: boolean, calls = 1) {
    const count = sql`${isCounted ? 1 : 0}`
    await database.db.execute(
      sql`with ${settleSql({ workspaceId, holdId: hold.id, month: hold.month, calls }, count)} select 1`,
    )
  }

  async function take(workspaceId: WorkspaceId, plan: PlanName): Promise<Hold> {
    const hold = await reserve(database, workspaceId, plan)
    if (!('id' in hold)) throw new Error('not granted')
    return hold
  }

  const expire = (workspaceId: WorkspaceId) =>
    database.db.execute(
      sql`update holds set expires_at = now() - interval '1 second' where workspace_id = ${workspaceId}`,
    )

  const granted = (places: (Hold | OverCap)[]) => places.filter((place): place is Hold => 'id' in place)

  it('lets exactly one of 50 concurrent callers pass at one below the cap', async () => {
    const workspaceId = await newWorkspace('scale')
    await setUsed(workspaceId, 24_999)
    const places = await Promise.all(Array.from({ length: 50 }, () => reserve(database, workspaceId, 'scale')))
    expect(granted(places)).toHaveLength(1)
    expect(places.find((place) => 'cap' in place)).toEqual({ plan: 'scale', used: 24_999, cap: 25_000 })
  })

  it('counts a reply that is settled, and gives back the place of one that does not count', async () => {
    const workspaceId = await newWorkspace('pro')
    const [counted, failed] = granted([
      await reserve(database, workspaceId, 'pro'),
      await reserve(database, workspaceId, 'pro'),
    ])
    if (!counted || !failed) throw new Error('not granted')
    expect(await usage(database, workspaceId)).toEqual({ used: 0, reserved: 2 })
    await settle(workspaceId, counted, true)
    await settle(workspaceId, failed, false)
    expect(await usage(database, workspaceId)).toEqual({ used: 1, reserved: 0 })
  })

  it('refuses more replies at once than the plan allows, as rate_limited', async () => {
    const workspaceId = await newWorkspace('free')
    const places = await Promise.allSettled(Array.from({ length: 8 }, () => reserve(database, workspaceId, 'free')))
    expect(places.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect(places.find((place) => place.status === 'rejected')).toMatchObject({ reason: { code: 'rate_limited' } })
  })

  it('gives the places of a process that died to the next caller once their lease has ended', async () => {
    const workspaceId = await newWorkspace('free')
    for (let i = 0; i < 5; i++) await reserve(database, workspaceId, 'free')
    await expect(reserve(database, workspaceId, 'free')).rejects.toMatchObject({ code: 'rate_limited' })
    await expire(workspaceId)
    expect(await reserve(database, workspaceId, 'free')).toHaveProperty('id')
    expect(await usage(database, workspaceId)).toEqual({ used: 0, reserved: 1 })
  })

  it('gives each of several callers at once a place of a process that died', async () => {
    const workspaceId = await newWorkspace('free')
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 5 }, () => take(workspaceId, 'free')))
      await expire(workspaceId)
    }
    await Promise.all(Array.from({ length: 5 }, () => take(workspaceId, 'free')))
  })

  it('releases what has ended from many sides at once, each place once', async () => {
    const workspaceId = await newWorkspace('unlimited')
    for (let round = 0; round < 10; round++) {
      const holds = await Promise.all(Array.from({ length: 60 }, () => take(workspaceId, 'unlimited')))
      await expire(workspaceId)
      const kept = holds.slice(0, 5).map(({ id }) => ({ workspaceId, id }))
      const releases = Array.from({ length: 8 }, (_, at) => releaseExpired(database, at % 2 ? null : workspaceId))
      await Promise.all([...releases, renew(database, kept.toReversed())])
      await expire(workspaceId)
      await releaseExpired(database, workspaceId)
      expect(await usage(database, workspaceId)).toEqual({ used: 0, reserved: 0 })
    }
  })

  it('keeps a place whose lease is renewed', async () => {
    const workspaceId = await newWorkspace('free')
    const [first, second] = [await take(workspaceId, 'free'), await take(workspaceId, 'free')]
    await expire(workspaceId)
    await renew(database, [{ workspaceId, id: first.id }])
    await renew(database, [])
    expect(await releaseExpired(database, workspaceId)).toBe(1)
    const { rows } = await database.db.execute(sql`select id from holds where workspace_id = ${workspaceId}`)
    expect(rows).toEqual([{ id: first.id }])
    expect(second.id).not.toBe(first.id)
  })

  it('counts a reply whose lease had ended, once, and leaves no place negative', async () => {
    const workspaceId = await newWorkspace('pro')
    const hold = await take(workspaceId, 'pro')
    await database.db.execute(sql`update holds set expires_at = now() - interval '1 second' where id = ${hold.id}`)
    expect(await releaseExpired(database, workspaceId)).toBe(1)
    await settle(workspaceId, hold, true)
    expect(await usage(database, workspaceId)).toEqual({ used: 1, reserved: 0 })
  })

  it('settles in the month of the reservation', async () => {
    const workspaceId = await newWorkspace('pro')
    const hold = await take(workspaceId, 'pro')
    await database.db.execute(sql`update holds set month = '2020-01-01' where id = ${hold.id}`)
    await database.db.execute(sql`update usage_months set month = '2020-01-01' where workspace_id = ${workspaceId}`)
    await settle(workspaceId, { ...hold, month: '2020-01-01' }, true)
    expect(await usage(database, workspaceId)).toEqual({ used: 0, reserved: 0 })
    const { rows } = await database.db.execute(
      sql`select used, reserved from usage_months where workspace_id = ${workspaceId}`,
    )
    expect(rows).toEqual([{ used: 1, reserved: 0 }])
  })

  it('lets failed replies make three calls of the model for each reply of the plan, and no more', async () => {
    const workspaceId = await newWorkspace('free')
    let calls = 0
    for (;;) {
      const place = await reserve(database, workspaceId, 'free')
      if ('cap' in place) {
        expect(place).toEqual({ plan: 'free', used: 0, cap: 100 })
        break
      }
      const made = calls % 2 === 0 ? 1 : 2
      await settle(workspaceId, place, false, made)
      calls += made
    }
    expect(calls).toBeGreaterThanOrEqual(299)
    expect(calls).toBeLessThanOrEqual(300)
  })

  it('a second settling of a hold changes nothing of its calls, a reply without a call leaves none', async () => {
    const workspaceId = await newWorkspace('pro')
    const hold = await take(workspaceId, 'pro')
    for (let i = 0; i < 2; i++) await settle(workspaceId, hold, false, 2)
    await settle(workspaceId, await take(workspaceId, 'pro'), true, 0)
    const { rows } = await database.db.execute(sql`select calls from usage_months where workspace_id = ${workspaceId}`)
    expect(rows).toEqual([{ calls: 2 }])
  })

  it('knows no cap on plan unlimited', async () => {
    const workspaceId = await newWorkspace('unlimited')
    await setUsed(workspaceId, 1_000_000)
    await settle(workspaceId, await take(workspaceId, 'unlimited'), false, 1_000_000)
    await take(workspaceId, 'unlimited')
  })
})

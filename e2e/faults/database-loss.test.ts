import { sql } from 'drizzle-orm'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usage } from '../../server/src/quota/quota.ts'
import { startApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { textOf } from '../../server/testing/http.ts'
import { type Cuttable, startCuttable } from './cuttable.ts'
import { ask, askMany, get, newTenant, openRig, type Rig, until } from './rig.ts'

const serverLanes = lanes.filter(({ name }) => name === 'PostgreSQL')

describe.each(serverLanes)('a database that goes away, on $name', { timeout: 180_000 }, (lane) => {
  let rig: Rig
  let proxy: Cuttable
  let proxied: string
  beforeAll(async () => {
    rig = await openRig(lane)
    const url = new URL(rig.env.DATABASE_URL ?? '')
    proxy = await startCuttable({ host: url.hostname, port: Number(url.port) })
    url.host = `127.0.0.1:${proxy.port}`
    proxied = url.href
  })
  afterAll(async () => {
    await rig[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  it('does not stop a stream; the answer is stored when it is back, and meanwhile the server is not ready', async () => {
    const server = await rig.start('web', { DATABASE_URL: proxied })
    await using direct = server.openDb()
    const tenant = await newTenant(direct.db)
    rig.models.settings = { ...rig.models.settings, tokens: 40, paceMs: 100 }
    const { stream } = await ask(server, tenant)
    await stream.until('token')
    proxy.cut()
    const seen = textOf(stream.events)
    await until(
      'tokens go on',
      () => textOf(stream.events),
      (text) => text.length > seen.length + 50,
    )

    const ready = await until(
      'not ready',
      () => get(server, '/health/ready'),
      ({ status }) => status === 503,
    )
    expect(ready.json).toEqual({ status: 'not_ready', reason: 'database_unreachable' })
    expect((await get(server, '/health/live')).status).toBe(200)
    const refused = await ask(server, tenant)
    expect(refused.stream.status).toBe(503)

    const words = rig.models.settings.tokens
    await until(
      'the text',
      () => textOf(stream.events).split(' ').length,
      (count) => count === words,
    )
    expect(stream.events.map(({ event }) => event)).not.toContain('done')
    proxy.restore()
    expect((await stream.until('done')).data).toEqual({ finish_reason: 'stop' })
    expect(await usage(direct, tenant.workspaceId)).toEqual({ used: 1, reserved: 0 })
    const { rows } = await direct.db.execute(sql`select answer, finish_reason from turns`)
    expect(rows).toEqual([{ answer: textOf(stream.events), finish_reason: 'stop' }])
    await until(
      'ready',
      () => get(server, '/health/ready'),
      ({ status }) => status === 200,
    )
    server.kill('SIGINT')
    expect(await server.exited).toMatchObject({ code: 0 })
  })

  it('that terminates its connections is connected to anew, and no stream is lost', async () => {
    const server = await rig.start('web')
    await using direct = server.openDb()
    const tenant = await newTenant(direct.db)
    rig.models.settings = { ...rig.models.settings, tokens: 20, paceMs: 100 }
    const asked = await askMany(5, server, tenant)
    await Promise.all(asked.map(({ stream }) => stream.until('token')))
    await direct.db.execute(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'mevichat'`)
    const endings = await Promise.all(asked.map(({ stream }) => stream.until('done')))
    expect(endings.map(({ data }) => data.finish_reason)).toEqual(Array(5).fill('stop'))
    expect(await usage(direct, tenant.workspaceId)).toEqual({ used: 5, reserved: 0 })
  })

  it('whose connections are all held by slow statements makes chat answer 503, and answers again after', async () => {
    const server = await rig.start('web')
    await using direct = server.openDb()
    const tenant = await newTenant(direct.db)
    rig.models.settings = { ...rig.models.settings, tokens: 3, paceMs: 0 }
    const locker = new pg.Client({ connectionString: rig.env.DATABASE_URL ?? '' })
    await locker.connect()
    try {
      await locker.query('begin')
      await locker.query('lock table keys in access exclusive mode')
      const held = askMany(20, server, tenant)
      const waiting = () =>
        direct.db.execute(sql`
          select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
      await until('20 wait', waiting, ({ rows }) => rows.length >= 20)
      const refused = await askMany(5, server, tenant)
      expect(refused.map(({ stream }) => stream.status)).toEqual(Array(5).fill(503))
      expect((await get(server, '/health/live')).status).toBe(200)
      await locker.query('rollback')
      const answered = await held
      const endings = await Promise.all(answered.map(({ stream }) => stream.until('done')))
      expect(endings.map(({ data }) => data.finish_reason)).toEqual(Array(20).fill('stop'))
      expect((await (await ask(server, tenant)).stream.until('done')).data.finish_reason).toBe('stop')
    } finally {
      await locker.end()
    }
  })

  it('refuses at its door and ends no answer that has begun, when its connections are wanted by many more', async () => {
    const server = await rig.start('web')
    await using direct = server.openDb()
    const tenant = await newTenant(direct.db)
    rig.models.settings = { ...rig.models.settings, tokens: 3, paceMs: 0 }
    const locker = new pg.Client({ connectionString: rig.env.DATABASE_URL ?? '' })
    await locker.connect()
    try {
      // What every answer reads once its stream is open.
      await locker.query('begin')
      await locker.query('lock table passages in access exclusive mode')
      const begun = await askMany(60, server, tenant)
      const lockedAt = performance.now()
      expect(begun.map(({ stream }) => stream.status)).toEqual(Array(60).fill(200))
      // Longer than anybody at the door waits.
      await until(
        'so long',
        () => performance.now() - lockedAt,
        (ms) => ms > 2_500,
      )
      expect((await ask(server, tenant)).stream.status).toBe(200)
      await locker.query('rollback')
      const endings = await Promise.all(begun.map(({ stream }) => stream.until('done')))
      expect(endings.map(({ data }) => data.finish_reason)).toEqual(Array(60).fill('stop'))
    } finally {
      await locker.end()
    }
    const many = await askMany(500, server, tenant)
    const opened = many.filter(({ stream }) => stream.status !== 503)
    expect(opened.length).toBeGreaterThan(0)
    const endings = await Promise.all(opened.map(({ stream }) => stream.until('done')))
    expect(endings.map(({ data }) => data.finish_reason)).toEqual(Array(opened.length).fill('stop'))
  })
})

/** From now on the first statement whose text is found by `which` is carried out and its answer lost. Gives how many were. */
function loseOneAnswer(pool: pg.Pool, which: RegExp): () => number {
  const query: (asked: unknown, ...rest: unknown[]) => Promise<unknown> = pool.query.bind(pool)
  let lost = 0
  Object.assign(pool, {
    async query(asked: string | { text: string }, ...rest: unknown[]) {
      const result = await query(asked, ...rest)
      if (lost > 0 || !which.test(typeof asked === 'string' ? asked : asked.text)) return result
      lost++
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
    },
  })
  return () => lost
}

describe.each(lanes)('an answer whose commit has an unknown outcome, on $name', { timeout: 180_000 }, (lane) => {
  it('is stored and counted once', async () => {
    await using app = await startApp(lane)
    const tenant = await app.tenant()
    const { db, patientDb } = app.ports
    if (!('$client' in patientDb && patientDb.$client instanceof pg.Pool)) throw new Error('the database has no pool')
    const lost = loseOneAnswer(patientDb.$client, /update turns set answer = .*ended_at = now\(\)/s)
    const { events } = await app.chat({
      public_key: tenant.publicKey,
      session_id: crypto.randomUUID(),
      message: 'What is your refund policy?',
    })
    expect(lost()).toBe(1)
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
    expect(await usage({ db }, tenant.workspaceId)).toEqual({ used: 1, reserved: 0 })
    const { rows } = await db.execute(sql`select finish_reason from turns where workspace_id = ${tenant.workspaceId}`)
    expect(rows).toEqual([{ finish_reason: 'stop' }])
    expect(app.models.chatCalls()).toHaveLength(1)
  })
})

import { sql } from 'drizzle-orm'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../../testing/database.ts'
import { isDatabaseDown } from './db.ts'
import { migrateDb } from './migrate.ts'
import { endSilence, patiently } from './silence.ts'

/** The embedded database goes silent with the process alone. */
describe.each(lanes.filter(({ name }) => name === 'PostgreSQL'))('a silent connection to $name', (lane) => {
  let database: TestDatabase
  let pool: pg.Pool
  beforeAll(async () => {
    database = await lane.open()
    pool = new pg.Pool({ connectionString: database.databaseUrl ?? '', max: 1 })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    endSilence(pool, 300)
  })
  afterAll(async () => {
    await pool.end()
    await database[Symbol.asyncDispose]()
  })

  test('fails its query as a database that is down, and is replaced', async () => {
    const error: unknown = await pool.query('select pg_sleep(20)').catch((thrown: unknown) => thrown)
    expect(isDatabaseDown(error)).toBe(true)
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('fails a transaction too, and nothing beside it', async () => {
    const client = await pool.connect()
    await client.query('begin')
    const error: unknown = await client.query('select pg_sleep(20)').catch((thrown: unknown) => thrown)
    expect(isDatabaseDown(error)).toBe(true)
    client.release(true)
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('ends a transaction of the product whose connection is cut, and not the process', async () => {
    const cut = database.db.transaction(async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await tx.execute(sql`select 1`)
    })
    const error: unknown = await cut.catch((thrown: unknown) => thrown)
    expect(isDatabaseDown(error)).toBe(true)
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('is kept while nobody uses it, and while something is heard', async () => {
    const pidOf = async () => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
    const pid = await pidOf()
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(await pidOf()).toBe(pid)
    for (let at = 0; at < 4; at++) await pool.query('select pg_sleep(0.15)')
    expect(await pidOf()).toBe(pid)
  })

  test('migrates however long another process takes over it', async () => {
    const impatient = new pg.Pool({ connectionString: database.databaseUrl ?? '', max: 2 })
    endSilence(impatient, 300)
    const other = await database.pool.connect()
    try {
      await other.query('select pg_advisory_lock(7236181)')
      const migrated = migrateDb({ pool: impatient, isEmbedded: false })
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await other.query('select pg_advisory_unlock(7236181)')
      await migrated
    } finally {
      other.release(true)
      await impatient.end()
    }
  })

  test('may be silent for long where that was asked for', async () => {
    const { rows } = await patiently(pool, 20_000, (client) => client.query('select 1 as one from pg_sleep(1)'))
    expect(rows).toEqual([{ one: 1 }])
  })
})

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../../testing/database.ts'
import { isDatabaseDown } from './db.ts'
import { endSilence, patiently } from './silence.ts'

/** The embedded database goes silent with the process alone. */
describe.each(lanes.filter(({ name }) => name === 'PostgreSQL'))('a silent connection to $name', (lane) => {
  let database: TestDatabase
  let pool: pg.Pool
  beforeAll(async () => {
    database = await lane.open()
    pool = new pg.Pool({ connectionString: database.databaseUrl ?? '', max: 1 })
    pool.on('error', () => {})
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

  test('is kept while nobody uses it, and while something is heard', async () => {
    const pidOf = async () => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
    const pid = await pidOf()
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(await pidOf()).toBe(pid)
    for (let at = 0; at < 4; at++) await pool.query('select pg_sleep(0.15)')
    expect(await pidOf()).toBe(pid)
  })

  test('may be silent for long where that was asked for', async () => {
    const { rows } = await patiently(pool, 20_000, (client) => client.query('select 1 as one from pg_sleep(1)'))
    expect(rows).toEqual([{ one: 1 }])
  })
})

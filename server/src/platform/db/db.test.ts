import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../../testing/database.ts'
import { silentLog } from '../log.ts'
import { isDatabaseDown, openDb } from './db.ts'

const caught = (statement: PromiseLike<unknown>) =>
  Promise.resolve(statement).then(
    () => null,
    (error: unknown) => error,
  )

describe.each(lanes)('isDatabaseDown › on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  test('yes, for one that takes no writes, as after a failover', async () => {
    const written = database.db.transaction((tx) => tx.execute(sql`create table written ()`), {
      accessMode: 'read only',
    })
    expect(isDatabaseDown(await caught(written))).toBe(true)
  })

  test('no, for a statement that it refuses, with the SQLSTATE of a refused connection too', async () => {
    await database.db.execute(sql`create sequence untouched`)
    for (const refused of [sql`select currval('untouched')`, sql`select * from nowhere`, sql`select 1 / 0`]) {
      const error = await caught(database.db.execute(refused))
      expect(error).toBeInstanceOf(Error)
      expect(isDatabaseDown(error)).toBe(false)
    }
  })

  if (lane.name !== 'PostgreSQL') return
  test.each([
    ['takes no connections', 'allow_connections false'],
    ['is not there', null],
  ])('yes, for one that %s', async (_, options) => {
    const url = new URL(database.databaseUrl ?? '')
    url.pathname += '_other'
    const name = url.pathname.slice(1)
    if (options) await database.db.execute(sql.raw(`create database ${name} ${options}`))
    await using other = await openDb({ databaseUrl: url.href, dataDir: database.dataDir, log: silentLog })
    expect(isDatabaseDown(await caught(other.db.execute(sql`select 1`)))).toBe(true)
    await database.db.execute(sql.raw(`drop database if exists ${name}`))
  })
})

import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../../testing/database.ts'
import { statement } from './statement.ts'

const onceMore = statement<{ number: number; word: string | null }, { sum: number; word: string | null }>(
  'test_once_more',
  ({ number, word }) => sql`select ${number}::int + ${number}::int + ${1}::int as sum, ${word}::text as word`,
)

describe.each(lanes)('a statement on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const onPostgres = lane.name === 'PostgreSQL' ? test : () => {}

  test('gives each caller of many at once its own rows', async () => {
    const numbers = Array.from({ length: 200 }, (_, number) => number)
    const rows = await Promise.all(numbers.map((number) => onceMore(database.db, { number, word: `w${number}` })))
    expect(rows.flat()).toEqual(numbers.map((number) => ({ sum: 2 * number + 1, word: `w${number}` })))
  })

  test('runs in a transaction, and sees what it wrote', async () => {
    const count = statement<{ name: string }, { n: number }>(
      'test_count',
      ({ name }) => sql`select count(*)::int as n from workspaces where name = ${name}`,
    )
    await database.db
      .transaction(async (tx) => {
        await tx.execute(sql`insert into workspaces (id, name) values (gen_random_uuid(), 'Inside')`)
        expect(await count(tx, { name: 'Inside' })).toEqual([{ n: 1 }])
        tx.rollback()
      })
      .catch(() => {})
    expect(await count(database.db, { name: 'Inside' })).toEqual([{ n: 0 }])
  })

  test('takes null, text of any kind and nothing of it as SQL', async () => {
    for (const word of [null, '', "'; drop table workspaces; --", '$1', 'Ünïcödé 🦔'])
      expect(await onceMore(database.db, { number: 1, word })).toEqual([{ sum: 3, word }])
  })

  onPostgres('reads a column whose type has changed as it is now', async () => {
    await database.db.execute(sql`create table changing (value text)`)
    await database.db.execute(sql`insert into changing values ('[1, 2]')`)
    const read = statement<object, { value: unknown }>('test_changing', () => sql`select value from changing`)
    const readAll = () => Promise.allSettled(Array.from({ length: 30 }, () => read(database.db, {})))
    await readAll()
    await database.db.execute(sql`alter table changing alter column value type jsonb using value::jsonb`)
    // Each connection that has planned it fails once.
    await readAll()
    expect(await readAll()).toEqual(Array(30).fill({ status: 'fulfilled', value: [{ value: [1, 2] }] }))
  })

  onPostgres('is kept by its connection, with a value that stands in it twice sent once', async () => {
    await onceMore(database.db, { number: 1, word: null })
    const { rows } = await database.db.execute(sql`
      select statement from pg_prepared_statements where name = 'test_once_more'`)
    expect(rows.map((row) => row.statement)).toContain('select $1::int + $1::int + $2::int as sum, $3::text as word')
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { type OpenDb, openDb } from './db.ts'

let database: OpenDb
const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
beforeAll(async () => {
  database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true, force: true })
})

test('PGlite › queries beside transactions, all at once, each get their own rows', async () => {
  const { pool } = database
  async function inTransaction(sql: string, values: unknown[]) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const result = await client.query(sql, values)
      await client.query('commit')
      return result
    } finally {
      client.release()
    }
  }
  const asked = Array.from({ length: 120 }, async (_, at) => {
    // Statements differ in their literal alone, so that one bound in another's place gives rows, but wrong ones.
    const sql = `select $1::int as given, ${at} as written, length($2::text) as size`
    const values = [at, 'x'.repeat((at % 5) * 40_000)]
    const { rows } = await (at % 3 === 0 ? inTransaction(sql, values) : pool.query(sql, values))
    return rows[0]
  })
  expect(await Promise.all(asked)).toEqual(
    Array.from(asked, (_, at) => ({ given: at, written: at, size: (at % 5) * 40_000 })),
  )
})

test('PGlite › a query that fails leaves the turn to the next', async () => {
  const { pool } = database
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, at) => pool.query(`select 1 / $1::int as share`, [at % 2])),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(
    outcomes.map((_, at) => (at % 2 === 0 ? 'rejected' : 'fulfilled')),
  )
})

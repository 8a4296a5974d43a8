import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { openDb } from './db.ts'
import { renewStatistics } from './statistics.ts'

test('PGlite › what the planner knows follows a table that grows, and is left alone when little has changed', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
  try {
    await using database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
    const { pool } = database
    const known = async () =>
      (await pool.query(`select reltuples from pg_class where relname = 'grown'`)).rows[0].reltuples
    async function grow(rows: number) {
      await pool.query(`insert into grown select generate_series(1, ${rows})`)
      // Else what has changed is counted within a second.
      await pool.query('select pg_stat_force_next_flush()')
      await renewStatistics(pool)
    }
    await pool.query('create table grown (number int)')
    await grow(1_000)
    expect(await known()).toBe(1_000)
    await grow(100)
    expect(await known()).toBe(1_000)
    await grow(100)
    expect(await known()).toBe(1_200)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})

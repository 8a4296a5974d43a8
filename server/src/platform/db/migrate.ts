/** Brings the schema up to date, forward only. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { installJobs } from '../jobs/jobs.ts'
import type { Db, OpenDb } from './db.ts'
import { patiently } from './silence.ts'

const folder = fileURLToPath(new URL('../../../migrations', import.meta.url))
const journal = JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as { entries: { when: number }[] }
const newest = journal.entries.at(-1)?.when ?? 0

/** A statement of a migration, or the wait for another process's, may be silent for so long. */
const longestMs = 60 * 60_000

/** Any constant: processes that start together take turns. */
const advisoryLock = 7_236_181

/** Applies what is missing. Processes that start at the same time on one PostgreSQL take turns. */
export async function migrateDb({ pool, isEmbedded }: Pick<OpenDb, 'pool' | 'isEmbedded'>): Promise<void> {
  // On a connection of its own: its settings and its lock end with it.
  await patiently(pool, longestMs, async (client) => {
    if (!isEmbedded) {
      await client.query('select pg_advisory_lock($1)', [advisoryLock])
      await client.query("set lock_timeout = '2s'")
    }
    const db = drizzle(client)
    if (!(await isMigrated(db))) {
      await client.query('create extension if not exists vector')
      await migrate(db, { migrationsFolder: folder })
    }
    await installJobs({ pool })
  })
}

/** Whether every migration of this version has been applied. A newer database than this version knows counts as migrated. */
export async function isMigrated(db: Db): Promise<boolean> {
  const { rows } = await db.execute<{ exists: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as exists`,
  )
  if (!rows[0]?.exists) return false
  const applied = await db.execute<{ at: number | null }>(
    sql`select max(created_at) as at from drizzle.__drizzle_migrations`,
  )
  return (applied.rows[0]?.at ?? 0) >= newest
}

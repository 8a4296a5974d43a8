/** Stands in for autovacuum's `analyze`, which PGlite lacks: a plan for tables that were empty a minute ago is slow by far. */
import { setInterval } from 'node:timers/promises'
import type pg from 'pg'
import type { Log } from '../log.ts'

const everyMs = 10_000

/** Autovacuum's own measure: 50 rows and a tenth of the table have changed. */
const changedTables = `
  select format('%I.%I', s.schemaname, s.relname) as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)`

/** Keeps what the planner knows of the tables up to date until it is disposed. */
export function keepStatistics({ pool, log }: { pool: pg.Pool; log: Log }): AsyncDisposable {
  const stopping = new AbortController()
  async function run() {
    for await (const _ of setInterval(everyMs, null, { ref: false, signal: stopping.signal })) {
      try {
        await renewStatistics(pool)
      } catch (error) {
        log.warn({ err: error }, 'the statistics of the tables')
      }
    }
  }
  // It ends by being aborted.
  const running = run().catch(() => {})
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

export async function renewStatistics(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(changedTables)
  if (rows.length > 0) await pool.query(`analyze ${rows.map(({ name }) => name).join(', ')}`)
}

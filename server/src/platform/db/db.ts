/** The db port: PostgreSQL, or PGlite in a worker thread behind its socket. One driver for both. */
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { Log } from '../log.ts'
import { startPglite } from './pglite.ts'
import { endSilence } from './silence.ts'
import { keepStatistics } from './statistics.ts'

/** The database, or a transaction in it. Hot paths use `db.execute(sql`…`)`, the rest Drizzle's builder. */
export type Db = PgDatabase<NodePgQueryResultHKT, Record<string, never>>

export interface OpenDb extends AsyncDisposable {
  /** For whoever stands at the door: refuses within two seconds where no connection is free. */
  db: Db
  pool: pg.Pool
  /** The same database for what has begun and must come to its end: connections of its own, and patience. */
  patientDb: Db
  /** PGlite has one backend: no advisory locks, no autovacuum, one process. */
  isEmbedded: boolean
}

const embeddedPools = new WeakSet<pg.Pool>()

/** Whether its connections share PGlite's one backend: prepared statements of one name would collide there. */
export const isEmbedded = (pool: pg.Pool) => embeddedPools.has(pool)

/** bigint as number: ids and counts stay far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export async function openDb(options: { databaseUrl: string | null; dataDir: string; log: Log }): Promise<OpenDb> {
  const pglite = options.databaseUrl === null ? await startPglite(options.dataDir) : null
  function openPool(max: number, connectionTimeoutMillis: number): pg.Pool {
    const pool = new pg.Pool(
      pglite
        ? { host: pglite.socketDir, user: 'postgres', database: 'postgres', max: 8 }
        : {
            connectionString: options.databaseUrl ?? '',
            max,
            connectionTimeoutMillis,
            keepAlive: true,
            application_name: 'mevichat',
          },
    )
    if (pglite) embeddedPools.add(pool)
    else endSilence(pool)
    // Without listeners a connection that breaks would end the process. An idle one is replaced at the next query;
    // one in use fails its query all the same.
    pool.on('connect', (client) => client.on('error', () => {}))
    pool.on('error', (error) => options.log.warn({ err: error }, 'a database connection was lost'))
    return pool
  }
  const pool = openPool(20, 1_500)
  // PGlite's pool knows no hurry: one is enough.
  const patientPool = pglite ? pool : openPool(10, 30_000)
  const db = drizzle(pool)
  const statistics = pglite && keepStatistics({ pool, log: options.log })
  return {
    db,
    pool,
    patientDb: pglite ? db : drizzle(patientPool),
    isEmbedded: pglite !== null,
    async [Symbol.asyncDispose]() {
      await statistics?.[Symbol.asyncDispose]()
      await pool.end()
      if (patientPool !== pool) await patientPool.end()
      await pglite?.stop()
    },
  }
}

/** Whether the error says that no database answered, rather than that it refused a statement. */
export function isDatabaseDown(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : ''
    // SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown), and 25006 of one that has become a standby.
    if (/^(08|53|57P|25006)/.test(code)) return true
    // It is not there, or takes no connections; of a statement 55000 says something else, and ends none.
    if (/^(3D000|55000)$/.test(code) && 'severity' in at && at.severity === 'FATAL') return true
    if (networkFaults.has(code) && 'syscall' in at && at.syscall !== 'open') return true
    // pg's pool says it in words alone.
    if (poolFaults.test(at.message)) return true
  }
  return false
}

const networkFaults = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
const poolFaults =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error)/

/** A migrated database of its own for a test file, on PGlite and, where TEST_DATABASE_URL says so, on PostgreSQL. */
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type OpenDb, openDb } from '../src/platform/db/db.ts'
import { migrateDb } from '../src/platform/db/migrate.ts'
import { silentLog } from '../src/platform/log.ts'

export interface TestDatabase extends OpenDb {
  /** As a server process would be given it; null for PGlite. */
  databaseUrl: string | null
  dataDir: string
}

export interface Lane {
  name: 'PGlite' | 'PostgreSQL'
  open(): Promise<TestDatabase>
}

/** Set by the global set-up: a migrated PGlite directory to copy. */
const template = process.env.MEVICHAT_TEST_TEMPLATE

const pgliteLane: Lane = {
  name: 'PGlite',
  async open() {
    const dataDir = newPgliteDir()
    const database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
    await migrateDb(database)
    return {
      ...database,
      databaseUrl: null,
      dataDir,
      async [Symbol.asyncDispose]() {
        await database[Symbol.asyncDispose]()
        rmSync(dataDir, { recursive: true, force: true })
      },
    }
  },
}

/** A data directory with a migrated, empty database in it. */
export function newPgliteDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
  if (template && existsSync(template)) cpSync(template, dataDir, { recursive: true })
  return dataDir
}

function postgresLane(serverUrl: string): Lane {
  return {
    name: 'PostgreSQL',
    async open() {
      const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
      const { databaseUrl, drop } = await createDatabase(serverUrl)
      const database = await openDb({ databaseUrl, dataDir, log: silentLog })
      await migrateDb(database)
      return {
        ...database,
        databaseUrl,
        dataDir,
        async [Symbol.asyncDispose]() {
          await database[Symbol.asyncDispose]()
          await drop()
          rmSync(dataDir, { recursive: true, force: true })
        },
      }
    },
  }
}

/** An empty database beside the one that `serverUrl` names. */
export async function createDatabase(serverUrl: string): Promise<{ databaseUrl: string; drop(): Promise<void> }> {
  const name = `mevichat_${randomBytes(6).toString('hex')}`
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: serverUrl })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
  await run(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { databaseUrl: url.href, drop: () => run(`drop database if exists ${name} with (force)`) }
}

const testDatabaseUrl = process.env.TEST_DATABASE_URL

/** `describe.each(lanes)('$name', (lane) => …)` */
export const lanes: Lane[] = testDatabaseUrl ? [pgliteLane, postgresLane(testDatabaseUrl)] : [pgliteLane]

/** Makes the PGlite directory that test files copy: a fresh one takes seconds to open, a copy a third of one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDb } from '../src/platform/db/db.ts'
import { migrateDb } from '../src/platform/db/migrate.ts'
import { silentLog } from '../src/platform/log.ts'

export default async function setup(): Promise<() => void> {
  const template = mkdtempSync(join(tmpdir(), 'mevichat-template-'))
  const database = await openDb({ databaseUrl: null, dataDir: template, log: silentLog })
  await migrateDb(database)
  await database[Symbol.asyncDispose]()
  process.env.MEVICHAT_TEST_TEMPLATE = template
  return () => rmSync(template, { recursive: true, force: true })
}

/** From the start of the process to the line that says it is ready, on a database that is there already; and the memory of an idle server. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase } from '../server/testing/database.ts'
import { median, rssBytes } from './measure.ts'
import { startProgram } from './processes.ts'
import { type Row, report } from './results.ts'
import { hasPostgres } from './servers.ts'

const starts = 7
const idleMs = 5_000

export async function benchStart(): Promise<void> {
  const rows: Row[] = []
  for (const database of ['PostgreSQL', 'PGlite']) {
    if (database === 'PostgreSQL' && !hasPostgres()) {
      console.log('NOT RUN: start on PostgreSQL (TEST_DATABASE_URL names none)')
      continue
    }
    await using stack = new AsyncDisposableStack()
    const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-bench-'))
    stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
    const env: Record<string, string> = {
      PORT: '0',
      MEVICHAT_DATA_DIR: dataDir,
      MEVICHAT_SIGNING_KEY: '0'.repeat(64),
      MEVICHAT_ENCRYPTION_KEY: '1'.repeat(64),
    }
    if (database === 'PostgreSQL') {
      const { databaseUrl, drop } = await createDatabase(process.env.TEST_DATABASE_URL ?? '')
      stack.defer(drop)
      env.DATABASE_URL = databaseUrl
    }
    const readyMs: number[] = []
    let idleBytes = 0
    for (let i = 0; i <= starts; i++) {
      await using server = await startProgram('server/src/main.ts', ['all'], env)
      // The first start makes the database and the demo.
      if (i > 0) readyMs.push(server.readyMs)
      if (i === 0 || i === starts) await sleep(idleMs * (i === 0 ? 3 : 1))
      idleBytes = rssBytes(server.pid)
    }
    rows.push(
      {
        bench: 'start',
        case: `ready, existing ${database}, median of ${starts}`,
        value: median(readyMs),
        unit: 'ms',
        ratio: null,
      },
      { bench: 'start', case: `idle, ${database}`, value: idleBytes / 2 ** 20, unit: 'MiB RSS', ratio: null },
    )
  }
  report('start', rows)
}

/** How long a search takes in bots of several sizes, and how much of an exact search's result the graph of a large bot finds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepVectorIndex, search } from '../server/src/knowledge/knowledge.ts'
import { type OpenDb, openDb } from '../server/src/platform/db/db.ts'
import { migrateDb } from '../server/src/platform/db/migrate.ts'
import { silentLog as log } from '../server/src/platform/log.ts'
import { createDatabase } from '../server/testing/database.ts'
import { clusteredVectors as embeddings } from './clustered-vectors.ts'
import { type Handbook, makeHandbook } from './corpus.ts'
import { type HandbookBot, makeHandbookBot } from './handbook-bot.ts'
import { cpuMs, median, percentile } from './measure.ts'
import { type Row, report, type Sizes } from './results.ts'
import { hasPostgres } from './servers.ts'

type DatabaseName = 'PGlite' | 'PostgreSQL'

/** Largest first: it has the table for itself, the others are a tenth and a hundredth of it. */
const usualSizes = [100_000, 10_000, 1_000]
const questions = 200
/** Where each takes seconds. */
const fewQuestions = 30
const warmUp = 20

export async function benchSearch({ passages }: Sizes): Promise<void> {
  const rows: Row[] = []
  for (const name of ['PGlite', 'PostgreSQL'] as const) {
    if (name === 'PostgreSQL' && !hasPostgres()) {
      console.log('NOT RUN: search on PostgreSQL (TEST_DATABASE_URL names none)')
      continue
    }
    await using stack = new AsyncDisposableStack()
    const database = await openEmpty(stack, name)
    for (const size of passages ?? usualSizes) rows.push(...(await measureBot(database, name, size)))
  }
  report('search', rows, { isKept: passages === null })
}

async function measureBot(database: OpenDb, name: DatabaseName, size: number): Promise<Row[]> {
  const rows: Row[] = []
  const add = (what: string, value: number, unit: string) =>
    rows.push({ bench: 'search', case: `${size} passages, ${name}, ${what}`, value, unit, ratio: null })
  const handbook = makeHandbook(size)
  const filledFrom = performance.now()
  const bot = await makeHandbookBot({ db: database.db, embeddings }, handbook, {
    name: `${size}`,
    passagesPerPage: 250,
  })
  await database.pool.query('vacuum analyze')
  console.log(`${name}: ${size} passages stored in ${((performance.now() - filledFrom) / 1_000).toFixed(0)} s`)

  const count = name === 'PGlite' && size > 50_000 ? fewQuestions : questions
  const addSpeed = async (how: string) => {
    const { ms, ownMs, databaseMs } = await measureSpeed(database, name, bot, handbook, count)
    add(`${how}, median`, median(ms), 'ms')
    add(`${how}, p95`, percentile(ms, 0.95), 'ms')
    add(`${how}, ours`, ownMs, 'ms CPU')
    add(`${how}, the database's`, databaseMs, 'ms CPU')
  }
  await addSpeed('exact')
  if (name === 'PGlite') return rows
  const exact = await nearestOf(database, bot)
  const builtFrom = performance.now()
  await keepVectorIndex(database, bot.workspaceId, bot.botId, { buildAbove: 0, dropBelow: 0 })
  add('graph, to build', (performance.now() - builtFrom) / 1_000, 's')
  await addSpeed('graph')
  add('graph, recall@10', recallOf(await nearestOf(database, bot), exact), 'of 1')
  return rows
}

/** Of questions asked one after the other; CPU is that of one. */
async function measureSpeed(database: OpenDb, name: DatabaseName, bot: HandbookBot, handbook: Handbook, count: number) {
  const ask = (n: number) =>
    search({ db: database.db, embeddings, log }, bot.workspaceId, bot.botId, {
      question: handbook.questionFor(n * 7),
      history: [],
    })
  for (let n = 0; n < warmUp; n++) await ask(count + n)
  const before = await cpuOf(database, name)
  const ms: number[] = []
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    await ask(n)
    ms.push(performance.now() - began)
  }
  const after = await cpuOf(database, name)
  return {
    ms,
    ownMs: (after.ownMs - before.ownMs) / count,
    databaseMs: (after.databaseMs - before.databaseMs) / count,
  }
}

async function cpuOf({ pool }: OpenDb, name: DatabaseName): Promise<{ ownMs: number; databaseMs: number }> {
  const ownMs = cpuMs(process.pid, 'pglite')
  if (name === 'PGlite') return { ownMs, databaseMs: cpuMs(process.pid) - ownMs }
  const { rows } = await pool.query<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database()',
  )
  return { ownMs, databaseMs: rows.reduce((sum, { pid }) => sum + cpuMs(pid), 0) }
}

/** The ten best passages of questions none of whose words is in the handbook, so that vectors alone decide. */
async function nearestOf({ db }: OpenDb, { workspaceId, botId }: HandbookBot): Promise<Set<number>[]> {
  const found: Set<number>[] = []
  for (let n = 0; n < questions; n++) {
    const asked = { question: `8${n} 9${n}`, history: [] }
    const { considered } = await search({ db, embeddings, log }, workspaceId, botId, asked)
    found.push(new Set(considered.slice(0, 10).map(({ passageId }) => passageId)))
  }
  return found
}

function recallOf(found: Set<number>[], exact: Set<number>[]): number {
  const hits = exact.map((ids, at) => ids.intersection(found[at] ?? new Set()).size)
  return hits.reduce((sum, one) => sum + one, 0) / exact.reduce((sum, ids) => sum + ids.size, 0)
}

async function openEmpty(stack: AsyncDisposableStack, name: DatabaseName): Promise<OpenDb> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-bench-'))
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  let databaseUrl: string | null = null
  if (name === 'PostgreSQL') {
    const made = await createDatabase(process.env.TEST_DATABASE_URL ?? '')
    stack.defer(made.drop)
    databaseUrl = made.databaseUrl
  }
  const database = stack.use(await openDb({ databaseUrl, dataDir, log }))
  await migrateDb(database)
  return database
}

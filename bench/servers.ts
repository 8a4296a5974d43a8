/** The whole product as a bench serves it: which database, whose embeddings, and a model server beside it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../server/src/config.ts'
import { systemClock } from '../server/src/platform/clock.ts'
import { type OpenDb, openDb } from '../server/src/platform/db/db.ts'
import { migrateDb } from '../server/src/platform/db/migrate.ts'
import { silentLog } from '../server/src/platform/log.ts'
import { openModels } from '../server/src/platform/models/registry.ts'
import { createDatabase } from '../server/testing/database.ts'
import type { Handbook } from './corpus.ts'
import { type HandbookBot, makeHandbookBot } from './handbook-bot.ts'
import { cpuMs } from './measure.ts'
import { type Program, startProgram } from './processes.ts'

export interface Setting {
  database: 'PostgreSQL' | 'PGlite'
  embeddings: 'API' | 'local'
}

export const settings: Setting[] = [
  { database: 'PostgreSQL', embeddings: 'API' },
  { database: 'PostgreSQL', embeddings: 'local' },
  { database: 'PGlite', embeddings: 'API' },
  { database: 'PGlite', embeddings: 'local' },
]

export const nameOf = ({ database, embeddings }: Setting) => `whole path, ${database}, ${embeddings} embeddings`

export interface Product extends AsyncDisposable {
  server: Program
  bot: HandbookBot
  chatUrl: string
  /** Of the server's own work, the database's apart. */
  cpuMs(): number
}

/** `fill` may do more to the database before the server starts. */
export async function startProduct(
  { database, embeddings }: Setting,
  modelUrl: string,
  handbook: Handbook,
  fill: (database: OpenDb, bot: HandbookBot) => Promise<void> = async () => {},
): Promise<Product> {
  await using stack = new AsyncDisposableStack()
  const env = {
    ...(await scratchSettings(stack, database)),
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    MEVICHAT_CHAT_MODEL: 'openai:test',
    MEVICHAT_EMBEDDING_MODEL: embeddings === 'API' ? 'openai:text-embedding-3-small' : 'built-in',
  }
  const config = readConfig(env)
  let bot: HandbookBot
  {
    await using open = await openDb({ ...config, log: silentLog })
    await using models = openModels(config, { clock: systemClock, log: silentLog })
    await migrateDb(open)
    bot = await makeHandbookBot({ db: open.db, embeddings: await models.embeddingModel(null) }, handbook)
    await fill(open, bot)
    await open.db.execute('analyze')
  }
  const server = stack.use(await startProgram('server/src/main.ts', ['all'], env))
  const closing = stack.move()
  return {
    server,
    bot,
    chatUrl: `${server.url}/api/chat/`,
    cpuMs: () => cpuMs(server.pid, database === 'PGlite' ? 'pglite' : null),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** Of a server with an empty database and a folder of its own, which go with the stack. */
export async function scratchSettings(
  stack: AsyncDisposableStack,
  database: Setting['database'],
): Promise<Record<string, string>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-bench-'))
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const env: Record<string, string> = {
    PORT: '0',
    MEVICHAT_DATA_DIR: dataDir,
    MEVICHAT_DEMO: 'off',
    MEVICHAT_SIGNING_KEY: '0'.repeat(64),
    MEVICHAT_ENCRYPTION_KEY: '1'.repeat(64),
  }
  if (database === 'PostgreSQL') {
    const { databaseUrl, drop } = await createDatabase(requirePostgres())
    stack.defer(drop)
    env.DATABASE_URL = databaseUrl
  }
  return env
}

export function hasPostgres(): boolean {
  return Boolean(process.env.TEST_DATABASE_URL)
}

function requirePostgres(): string {
  const url = process.env.TEST_DATABASE_URL
  if (!url) throw new Error('TEST_DATABASE_URL names no PostgreSQL')
  return url
}

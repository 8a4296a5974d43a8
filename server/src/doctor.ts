/** `mevichat doctor`: looks at everything that Mevichat needs, and says for each problem what to do. */
import { randomBytes, randomUUID } from 'node:crypto'
import { access, constants, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { Redis } from 'ioredis'
import { request } from 'undici'
import type { Config } from './config.ts'
import { problemOfSeal } from './credentials/credentials.ts'
import { databaseProblem, pgvectorIsMissing } from './database-problem.ts'
import { DataDirBusy, lockDataDir } from './platform/db/data-dir-lock.ts'
import { type Db, type OpenDb, openDb } from './platform/db/db.ts'
import { isMigrated } from './platform/db/migrate.ts'
import { silentLog } from './platform/log.ts'
import { openAiHeaders, openAiUrl } from './platform/models/openai.ts'
import { openSeal } from './platform/seal.ts'
import { rootMessageOf, StartProblem } from './platform/start-problem.ts'
import { findSecrets, secretsPath } from './secrets.ts'

/** `skip` is what cannot be looked at now; `warn` works, `fail` does not. */
type State = 'ok' | 'skip' | 'warn' | 'fail'
type Finding = [State, string]

const marks: Record<State, string> = { ok: 'ok  ', skip: '-   ', warn: 'warn', fail: 'FAIL' }
const timeoutMs = 5_000

/** Prints a line a check; resolves with the exit code, 1 when one has failed. */
export async function examine(
  config: Config,
  print = (line: string) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  let hasFailed = false
  async function check(name: string, look: () => Promise<Finding>): Promise<State> {
    const [state, text] = await look().catch(failureOf)
    hasFailed ||= state === 'fail'
    print(`${marks[state]}  ${name.padEnd(16)}${text}`)
    return state
  }

  await check('Node', async () => ['ok', process.versions.node])
  await check('Settings', async () => settings(config))
  await check('Data directory', () => dataDirectory(config))
  await check('Secrets', () => secrets(config))
  await checkDatabase(config, check)
  await check('Widget', widget)
  for (const [name, { url, headers }] of Object.entries(providers(config)))
    await check(name, () => provider(url, headers))
  if (config.redisUrl) await check('Redis', () => redis(config.redisUrl ?? ''))
  return hasFailed ? 1 : 0
}

function failureOf(error: unknown): Finding {
  return ['fail', error instanceof StartProblem ? error.message : rootMessageOf(error)]
}

type Check = (name: string, look: () => Promise<Finding>) => Promise<State>

function settings({ host, port, publicUrl }: Config): Finding {
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(host)
  if (!publicUrl && !isLocal) {
    return [
      'warn',
      `Others can reach ${host}, but MEVICHAT_PUBLIC_URL is not set. Set it to the origin that visitors use.`,
    ]
  }
  return ['ok', `${host}:${port}${publicUrl ? `, reached as ${publicUrl}` : ''}`]
}

async function dataDirectory({ dataDir, databaseUrl }: Config): Promise<Finding> {
  const folder = await nearestFolder(dataDir)
  try {
    const probe = join(folder, `.probe-${randomUUID()}`)
    await writeFile(probe, '')
    await rm(probe)
  } catch {
    return [
      'fail',
      `${folder} is no directory that this user can write to. Change its owner, or set MEVICHAT_DATA_DIR to another directory.`,
    ]
  }
  if (databaseUrl !== null) return ['ok', `${dataDir}, for uploaded files: web and worker must share it`]
  if (folder !== dataDir) return ['ok', `${dataDir} is made at the first start`]
  const pid = holderOf(dataDir)
  return ['ok', pid === null ? dataDir : `${dataDir}, in use by the running server (pid ${pid})`]
}

/** The directory itself, or of those above it the first that is there. */
async function nearestFolder(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

/** Null when nobody holds the directory. */
function holderOf(dataDir: string): string | null {
  try {
    lockDataDir(dataDir).release()
    return null
  } catch (error) {
    if (error instanceof DataDirBusy) return error.pid ?? 'unknown'
    throw error
  }
}

async function secrets(config: Config): Promise<Finding> {
  if (config.signingKey && config.encryptionKey) return ['ok', 'given in the settings']
  if (!findSecrets(config)) return ['ok', 'are made at the first start']
  const path = secretsPath(config)
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return ['warn', `${path} can be read by other users of this machine. Run: chmod 600 ${path}`]
  }
  return ['ok', path]
}

async function checkDatabase(config: Config, check: Check): Promise<void> {
  const { databaseUrl, dataDir } = config
  await using opened = new AsyncDisposableStack()
  let database: OpenDb | undefined
  const state = await check('Database', async () => {
    if (databaseUrl === null && !(await exists(join(dataDir, 'pglite'))))
      return ['ok', 'embedded, is made at the first start']
    try {
      database = opened.use(await openDb({ databaseUrl, dataDir, log: silentLog }))
    } catch (error) {
      if (!(error instanceof DataDirBusy)) throw error
      return ['skip', 'embedded, held by the running server. Stop it to have the database looked at.']
    }
    return version(database)
  })
  if (state !== 'ok' || !database) return
  const { db } = database
  await check('pgvector', () => pgvector(db))
  const migrations = await check('Migrations', async () =>
    (await isMigrated(db))
      ? ['ok', 'all applied']
      : ['warn', 'not all applied. The next start applies them, or: npm run mevichat migrate'],
  )
  if (migrations === 'ok') await check('Credentials', () => credentials(db, config))
  await check('Clock', () => clock(db))
}

/** As each start looks; where the secrets are missing it makes new ones, which open nothing. */
async function credentials(db: Db, config: Config): Promise<Finding> {
  const { encryptionKey } = findSecrets(config) ?? { encryptionKey: randomBytes(32) }
  const problem = await problemOfSeal({ db, seal: openSeal(encryptionKey, config.oldEncryptionKeys) })
  return problem ? ['fail', problem] : ['ok', 'can be opened']
}

async function version({ db, isEmbedded }: OpenDb): Promise<Finding> {
  try {
    const { rows } = await db.execute<{ number: string; name: string }>(
      sql`select current_setting('server_version_num') as number, current_setting('server_version') as name`,
    )
    const { number = '0', name = '' } = rows[0] ?? {}
    if (Number(number) < 170_000) return ['fail', `PostgreSQL ${name} is too old. Mevichat needs 17 or newer.`]
    return ['ok', isEmbedded ? `embedded (PGlite, PostgreSQL ${name})` : `PostgreSQL ${name}`]
  } catch (error) {
    return ['fail', databaseProblem(error) ?? `refuses: ${rootMessageOf(error)}. Check DATABASE_URL.`]
  }
}

async function pgvector(db: Db): Promise<Finding> {
  const { rows } = await db.execute<{ installed: string | null; available: string }>(
    sql`select installed_version as installed, default_version as available from pg_available_extensions where name = 'vector'`,
  )
  const [extension] = rows
  if (!extension) return ['fail', pgvectorIsMissing]
  // halfvec came with 0.7.
  const [major = 0, minor = 0] = (extension.installed ?? extension.available).split('.').map(Number)
  if (major === 0 && minor < 7)
    return ['fail', `${extension.installed ?? extension.available} is too old. Mevichat needs 0.7 or newer.`]
  return ['ok', extension.installed ?? `${extension.available}, is added at the first start`]
}

/** Leases and tokens go by two clocks. */
const maxSkewMs = 5_000

async function clock(db: Db): Promise<Finding> {
  const before = Date.now()
  const { rows } = await db.execute<{ now: number }>(
    sql`select extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  )
  const skewMs = Math.round((rows[0]?.now ?? 0) - (before + Date.now()) / 2)
  if (Math.abs(skewMs) <= maxSkewMs) return ['ok', `${Math.abs(skewMs)} ms from the database’s`]
  return ['warn', `is ${Math.round(skewMs / 1000)} s from the database’s. Set both by a time server (NTP).`]
}

async function widget(): Promise<Finding> {
  const folder = new URL('../../widget/dist/', import.meta.url)
  const panels = await readdir(new URL('widget/', folder)).catch(() => [])
  const isBuilt = (await exists(new URL('widget.js', folder))) && panels.some((file) => /panel.*\.js$/.test(file))
  return isBuilt ? ['ok', 'built'] : ['warn', 'is not built. "npm start" builds it, or: npm run build']
}

function providers({ openai, anthropic }: Config): Record<string, { url: URL; headers: Record<string, string> }> {
  return {
    ...(openai.isChosen && { OpenAI: { url: openAiUrl(openai, 'models'), headers: openAiHeaders(openai) } }),
    ...(anthropic.apiKey !== null && {
      Anthropic: {
        url: new URL(`${anthropic.baseUrl.replace(/\/+$/, '')}/v1/models`),
        headers: { 'x-api-key': anthropic.apiKey, 'anthropic-version': '2023-06-01' },
      },
    }),
  }
}

/** Asks for the list of models, which costs nothing. */
async function provider(url: URL, headers: Record<string, string>): Promise<Finding> {
  try {
    const { statusCode, body } = await request(url, {
      headers,
      headersTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    })
    await body.dump()
    if (statusCode === 401 || statusCode === 403) return ['fail', `${url.host} refuses the key (${statusCode})`]
    if (statusCode >= 500) return ['fail', `${url.host} answers with ${statusCode}`]
    if (statusCode >= 300)
      return ['warn', `${url.host} can be reached, but has no list of models (${statusCode}), so the key was not tried`]
    return ['ok', `${url.host} takes the key`]
  } catch (error) {
    return ['fail', `${url.host} cannot be reached: ${rootMessageOf(error)}`]
  }
}

async function redis(redisUrl: string): Promise<Finding> {
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let problem: unknown
  client.on('error', (error) => {
    problem = error
  })
  try {
    await client.connect()
    await client.ping()
    return ['ok', 'answers']
  } catch (error) {
    return ['fail', `cannot be reached: ${rootMessageOf(problem ?? error)}. Check REDIS_URL.`]
  } finally {
    client.disconnect()
  }
}

function exists(path: string | URL): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

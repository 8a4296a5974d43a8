/** A sitemap's pages from a local server into the index: pages a second, what a page costs, and how long the event loop stands still meanwhile. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceAnswer } from '@mevichat/protocol/sources.ts'
import { saveBot } from '../server/src/bots/bots.ts'
import { readConfig } from '../server/src/config.ts'
import { saveUser } from '../server/src/identity/identity.ts'
import { openDb } from '../server/src/platform/db/db.ts'
import { migrateDb } from '../server/src/platform/db/migrate.ts'
import { silentLog } from '../server/src/platform/log.ts'
import { saveMember, saveWorkspace } from '../server/src/workspaces/workspaces.ts'
import { startIssuer } from '../server/testing/issuer.ts'
import { cpuMs } from './measure.ts'
import { type Program, startProgram } from './processes.ts'
import { type Row, report, type Sizes } from './results.ts'
import { hasPostgres, scratchSettings } from './servers.ts'

const usualPages = 1_000
/** Of what is read on one core. */
const shareOnOneCore = 0.2
/** The worker and what else is loaded late is then there. */
const settleMs = 5_000

export async function benchIngest({ pages }: Sizes): Promise<void> {
  const rows: Row[] = []
  const count = pages ?? usualPages
  for (const database of ['PGlite', 'PostgreSQL'] as const) {
    if (database === 'PostgreSQL' && !hasPostgres()) {
      console.log('NOT RUN: ingest on PostgreSQL (TEST_DATABASE_URL names none)')
      continue
    }
    const add = (name: string, value: number, unit: string) =>
      rows.push({ bench: 'ingest', case: `${name}, ${database}`, value, unit, ratio: null })

    const free = await readSite(database, count, { isOnOneCore: false })
    add(`sitemap of ${count} pages, end to end`, free.seconds, 's')
    add(`sitemap of ${count} pages, on all cores`, count / free.seconds, 'pages/s')
    add('server, a page', free.cpuMs / count, 'ms CPU')
    add('longest stall of the event loop, web and worker in one process', free.stallMs, 'ms')

    const few = Math.ceil(count * shareOnOneCore)
    const bound = await readSite(database, few, { isOnOneCore: true })
    add(`sitemap of ${few} pages, the server on one core`, few / bound.seconds, 'pages/s')
  }
  report('ingest', rows, { isKept: pages === null })
}

interface Reading {
  /** From the request that adds the source to the state that says it is ready. */
  seconds: number
  cpuMs: number
  stallMs: number
}

async function readSite(
  database: 'PGlite' | 'PostgreSQL',
  pages: number,
  { isOnOneCore }: { isOnOneCore: boolean },
): Promise<Reading> {
  await using stack = new AsyncDisposableStack()
  const site = stack.use(await startProgram('bench/servers/site.ts', [String(pages)]))
  const { server, sources, token } = await startServer(stack, database)
  if (isOnOneCore) execFileSync('taskset', ['-acp', '0', String(server.pid)], { stdio: 'ignore' })

  const call = async (url: string, body?: object): Promise<SourceAnswer> => {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' }
    const answer = await fetch(url, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as SourceAnswer
  }
  await sleep(settleMs)
  await server.ask('SIGUSR2', 'stallMs')
  const cpuBefore = cpuMs(server.pid)
  const began = performance.now()
  let source = await call(sources, { kind: 'sitemap', url: `${site.url}/sitemap.xml` })
  while (source.state === 'queued' || source.state === 'running') {
    await sleep(500)
    source = await call(`${sources}${source.id}/`)
  }
  const seconds = (performance.now() - began) / 1_000
  if (source.pages.indexed !== pages) throw new Error(`the site was not read whole: ${JSON.stringify(source)}`)
  return {
    seconds,
    cpuMs: cpuMs(server.pid) - cpuBefore,
    stallMs: Number(await server.ask('SIGUSR2', 'stallMs')),
  }
}

interface Served {
  server: Program
  /** Where the bot's sources are added. */
  sources: string
  token(): Promise<string>
}

/** The whole product with its built-in model, and an editor of an empty bot. */
async function startServer(stack: AsyncDisposableStack, database: 'PGlite' | 'PostgreSQL'): Promise<Served> {
  const issuer = stack.use(await startIssuer())
  const env = {
    ...(await scratchSettings(stack, database)),
    MEVICHAT_EGRESS_ALLOW: '127.0.0.1',
    MEVICHAT_JWT_ISSUER: issuer.issuer,
    MEVICHAT_JWKS_URL: issuer.jwksUrl,
  }
  const { workspaceId, botId, subject } = await makeEditor(env, issuer.issuer)
  const server = stack.use(await startProgram('server/src/main.ts', ['all'], env, 'bench/servers/loop-delay.ts'))
  return {
    server,
    sources: `${server.url}/api/workspaces/${workspaceId}/bots/${botId}/sources/`,
    token: () => issuer.token({ sub: subject, workspace: workspaceId }),
  }
}

async function makeEditor(env: Record<string, string>, issuer: string) {
  await using open = await openDb({ ...readConfig(env), log: silentLog })
  await migrateDb(open)
  const workspaceId = await saveWorkspace(open, { name: 'Bench', plan: 'unlimited', isSuspended: false })
  const botId = await saveBot(open, workspaceId, { name: 'Bench' })
  const subject = randomUUID()
  const userId = await saveUser(open, { issuer, subject, email: null, name: null })
  await saveMember(open, workspaceId, userId, 'editor')
  return { workspaceId, botId, subject }
}

/** What each role does, from its settings to its end. */
import { dirname } from 'node:path'
import { type Config, ConfigError, type Role, readConfig } from './config.ts'
import { closeAbandoned } from './conversations/conversations.ts'
import { problemOfSeal } from './credentials/credentials.ts'
import { databaseProblem } from './database-problem.ts'
import { newOwnerToken } from './identity/first-owner.ts'
import { migrateDb } from './platform/db/migrate.ts'
import { describeError, openLog } from './platform/log.ts'
import { isLoopback } from './platform/loopback.ts'
import { rootMessageOf, StartProblem } from './platform/start-problem.ts'
import { localUrl, openPorts, type Ports } from './ports.ts'
import { releaseAll } from './quota/quota.ts'
import { ownershipOf } from './seed/ownership.ts'

const roles = ['all', 'web', 'worker', 'migrate', 'seed', 'doctor'] as const satisfies Role[]

/** sysexits.h: wrong usage, wrong configuration. */
const exitCodes = { ok: 0, failed: 1, usage: 64, config: 78 } as const

const usage = 'Usage: mevichat all | web | worker | migrate | seed FILE.json | doctor\n'

/** Resolves with the exit code. */
export async function run([name = 'all', file]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const role = roles.find((one) => one === name)
  if (!role || (role === 'seed' && !file)) {
    process.stderr.write(usage)
    return exitCodes.usage
  }
  try {
    const config = readConfig(env, role)
    if (role === 'migrate') return await migrateOnly(config)
    if (role === 'seed') return await seedFrom(config, file ?? '')
    if (role === 'doctor') return await (await import('./doctor.ts')).examine(config)
    return await serve(role, config)
  } catch (error) {
    return explain(error)
  }
}

/** Foreseen failures are said in a sentence. */
function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`The settings are wrong:\n${error.problems.map((problem) => `  - ${problem}\n`).join('')}`)
    return exitCodes.config
  }
  process.stderr.write(`${sentenceOf(error) ?? describeError(error)}\n`)
  return exitCodes.failed
}

function sentenceOf(error: unknown): string | null {
  if (error instanceof StartProblem) return error.message
  const problem = databaseProblem(error)
  return problem && `The database ${problem}`
}

async function migrateOnly(config: Config): Promise<number> {
  await using ports = await openPorts(config, { log: openLog() })
  await migrateDb(ports)
  ports.log.info('the database is up to date')
  return exitCodes.ok
}

async function seedFrom(config: Config, file: string): Promise<number> {
  const { readSeedFile, SeedError, seed, unreadSources } = await import('./seed/seed.ts')
  try {
    const input = await readSeedFile(file)
    await using ports = await openPorts(config, { log: openLog('stderr') })
    await migrateDb(ports)
    const made = await seed(ports, input, dirname(file))
    // Where no worker can be running beside this process it does the work itself.
    if (ports.isEmbedded) {
      await workUntilIdle(ports)
      for (const problem of await unreadSources(ports, made)) process.stderr.write(`${problem}\n`)
    }
    process.stdout.write(`${JSON.stringify(made, null, 2)}\n`)
    return exitCodes.ok
  } catch (error) {
    if (!(error instanceof SeedError)) throw error
    process.stderr.write(`${file}: ${error.message}\n`)
    return exitCodes.failed
  }
}

async function workUntilIdle(ports: Ports): Promise<void> {
  const [{ startWorker }, { isIdle }] = await Promise.all([import('./worker.ts'), import('./platform/jobs/jobs.ts')])
  await using _worker = await startWorker(ports)
  while (!(await isIdle(ports.db))) await ports.clock.sleep(200)
}

async function serve(role: 'all' | 'web' | 'worker', config: Config): Promise<number> {
  const log = openLog()
  await using ports = await openPorts(config, { log })
  await migrateDb(ports)
  await requireOpenCredentials(ports)
  await recover(ports)
  const end = untilSignal(ports)
  await using web = role === 'worker' ? null : await startWeb(config, ports)
  await using _worker = role === 'web' ? null : await (await import('./worker.ts')).startWorker(ports)
  if (role === 'worker') log.info('the worker is ready')
  if (role !== 'worker' && config.isDemo) await (await import('./seed/demo.ts')).seedDemo(ports)
  const { exitCode, isBalanced } = await end
  await web?.drain(isBalanced && !ports.isEmbedded)
  return exitCode
}

/** A server that cannot open its workspaces' keys would refuse their visitors one by one. */
async function requireOpenCredentials(ports: Ports): Promise<void> {
  const problem = await problemOfSeal(ports)
  if (problem) throw new ConfigError([problem])
}

/** What a process that died left open. On the embedded database there was no other process. */
async function recover(ports: Ports): Promise<void> {
  if (!ports.isEmbedded) return
  const turns = await closeAbandoned(ports, 'all')
  await releaseAll(ports)
  if (turns > 0) ports.log.warn({ turns }, 'answers that the last process left unfinished were closed')
}

interface RunningWeb extends AsyncDisposable {
  /** Finishes what is being answered and takes nothing new. A balancer is given the time to notice. */
  drain(isBalanced: boolean): Promise<void>
}

async function startWeb(config: Config, ports: Ports): Promise<RunningWeb> {
  const { createWeb } = await import('./web.ts')
  const { app, startDraining } = await createWeb(ports, { isDemo: config.isDemo })
  await app.listen({ port: config.port, host: config.host }).catch((cause) => {
    throw new StartProblem(listenProblem(config, cause), { cause })
  })
  const address = app.server.address()
  const url = localUrl(config.host, typeof address === 'object' && address ? address.port : config.port)
  ports.publicUrl = config.publicUrl ?? url
  ports.log.info({ url, publicUrl: ports.publicUrl }, `Mevichat is ready at ${url}`)
  await greetOwner(config, ports)
  async function close() {
    const closed = app.close()
    // A browser's spare connection, or a reader that has stopped reading, would hold it open for good.
    await Promise.race([closed, ports.clock.sleep(closeMs)])
    app.server.closeAllConnections()
    await closed
  }
  return {
    async drain(isBalanced) {
      startDraining()
      await Promise.all([finishTurns(ports), isBalanced && ports.clock.sleep(noticeMs)])
    },
    [Symbol.asyncDispose]: close,
  }
}

function listenProblem({ host, port }: Config, error: { code?: string }): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program. Stop that one first, or set PORT to another port.`
    case 'EACCES':
      return `Port ${port} may not be opened by this user. Set PORT to one above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} is not an address of this machine. Set it to one, such as 127.0.0.1, or 0.0.0.0 for all.`
    default:
      return `Port ${port} of ${host} cannot be opened: ${rootMessageOf(error)}. Check PORT and HOST.`
  }
}

/** An instance without an owner gets one by a link that only those have who read the log. */
async function greetOwner({ isDemo }: Config, ports: Ports): Promise<void> {
  const { protocol, hostname } = new URL(ports.publicUrl)
  if (protocol === 'http:' && !isLoopback(hostname)) {
    ports.log.warn('MEVICHAT_PUBLIC_URL is not https: cookies of those who sign in can be read on the way')
  }
  const token = await newOwnerToken(ports, ownershipOf(ports, { isDemo }))
  if (token === null) return
  const link = `${ports.publicUrl}/sign-in/first-owner/?token=${token}`
  ports.log.info(`Mevichat has no owner yet. Make yourself the owner: ${link}`)
}

const closeMs = 2_000

/** How long a balancer may take to see that readiness is false; till then it sends requests, which are answered 503. */
const noticeMs = 5_000

/** A stream never ends by itself, so there is a hard deadline. */
const drainMs = 60_000

async function finishTurns({ liveTurns, clock, log }: Ports): Promise<void> {
  if (liveTurns.size === 0) return
  log.info({ turns: liveTurns.size }, 'finishing the answers in progress')
  const over = new AbortController()
  await Promise.race([liveTurns.whenIdle(), clock.sleep(drainMs, over.signal).catch(() => {})])
  over.abort()
  if (liveTurns.size === 0) return
  liveTurns.cancelAll('server_restarting')
  await Promise.race([liveTurns.whenIdle(), clock.sleep(5_000)])
}

/** Ctrl+C under npm, or a signal to a process group, comes twice: from the terminal, and passed on by npm. */
const echoMs = 1_000

interface End {
  exitCode: number
  /** A supervisor stops one of several processes by SIGTERM; Ctrl+C and a crash are nobody's plan. */
  isBalanced: boolean
}

/** Resolves once the process is to end; a second signal ends it at once. */
function untilSignal({ clock, log }: Pick<Ports, 'clock' | 'log'>): Promise<End> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (firstAt === null) {
          firstAt = clock.monotonicMs()
          log.info({ signal }, 'stopping')
          resolve({ exitCode: exitCodes.ok, isBalanced: signal === 'SIGTERM' })
        } else if (clock.monotonicMs() - firstAt > echoMs) {
          endAtOnce()
        }
      })
    }
    for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
      process.on(event, (error: unknown) => {
        log.error({ err: error }, event)
        resolve({ exitCode: exitCodes.failed, isBalanced: false })
      })
    }
  })
}

/** Without the ends of native threads, in which an orderly exit can be aborted. */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
  // The first process of a container is deaf to it.
  process.exit(exitCodes.failed)
}

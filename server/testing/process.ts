/** The real server as a process of its own, for what only a process shows: signals, restarts, and two on one database. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Db } from '../src/platform/db/db.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const [major = 0] = process.versions.node.split('.').map(Number)
const node24 = major >= 24 ? process.execPath : fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

const startDeadlineMs = 60_000

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Launched extends AsyncDisposable {
  pid: number
  /** Lines of standard output, and of standard error. */
  lines: string[]
  errors: string[]
  exited: Promise<Exit>
  kill(signal?: NodeJS.Signals): void
  /** Sends a message to what `preload` brought into the process, and gives its answer. */
  ask(message: string): Promise<unknown>
  onLine(listener: (line: string) => void): void
  tmpDir: string
}

export interface ServerProcess extends Launched {
  url: string
  /** The server's database, the embedded one too: it is held by the server, but its socket takes more than one. */
  openDb(): ServerDb
}

export interface ServerDb extends AsyncDisposable {
  db: Db
}

type Environment = Record<string, string>

/** `mevichat ARGUMENTS` with nothing of the test's own environment but the path. */
export function launch(args: string[], env: Environment, options: { preload?: string } = {}): Launched {
  // A socket's path may have 107 bytes, so its folder is a short one.
  const tmpDir = mkdtempSync(join(tmpdir(), 'mvc-'))
  const child = spawn(node24, [...(options.preload ? ['--import', options.preload] : []), main, ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? tmpDir,
      TMPDIR: tmpDir,
      NODE_COMPILE_CACHE: join(tmpdir(), 'mevichat-compile-cache'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  const errors: string[] = []
  if (!child.stdout || !child.stderr) throw new Error('the process has no output')
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  const kill = (signal: NodeJS.Signals = 'SIGTERM') => void child.kill(signal)
  return {
    pid: child.pid ?? -1,
    lines,
    errors,
    exited,
    kill,
    tmpDir,
    onLine: (listener) => void output.on('line', listener),
    ask: (message) =>
      new Promise((resolve, reject) => {
        child.once('message', resolve)
        child.send(message, (error) => error && reject(error))
      }),
    async [Symbol.asyncDispose]() {
      kill('SIGKILL')
      await exited
      rmSync(tmpDir, { recursive: true, force: true })
    },
  }
}

/** Starts the server on a free port of loopback and waits until it says that it is ready; rejects with what it said instead. */
export async function startServer(
  role: 'all' | 'web',
  env: Environment,
  options: { preload?: string } = {},
): Promise<ServerProcess> {
  const server = launch([role], { PORT: '0', MEVICHAT_DEMO: 'off', ...env }, options)
  const said = () => [...server.lines, ...server.errors].join('\n')
  let timer: NodeJS.Timeout | undefined
  try {
    const url = await new Promise<string>((resolve, reject) => {
      server.onLine((line) => {
        const ready = readyUrl(line)
        if (ready) resolve(ready)
      })
      void server.exited.then(({ code }) => reject(new Error(`the server ended with ${code}:\n${said()}`)))
      timer = setTimeout(() => reject(new Error(`the server is not ready:\n${said()}`)), startDeadlineMs)
    })
    return Object.assign(server, { url, openDb: () => connect(env.DATABASE_URL, server.tmpDir) })
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function readyUrl(line: string): string | null {
  try {
    const { url, msg } = JSON.parse(line)
    return typeof url === 'string' && String(msg).startsWith('Mevichat is ready') ? url : null
  } catch {
    return null
  }
}

function connect(databaseUrl: string | undefined, tmpDir: string): ServerDb {
  const folder = readdirSync(tmpDir).find((name) => name.startsWith('mevichat-')) ?? ''
  const pool = new pg.Pool(
    databaseUrl
      ? { connectionString: databaseUrl, max: 2 }
      : { host: join(tmpDir, folder), user: 'postgres', database: 'postgres', max: 2 },
  )
  pool.on('error', () => {})
  return { db: drizzle(pool), [Symbol.asyncDispose]: () => pool.end() }
}

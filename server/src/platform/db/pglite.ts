/** Starts PGlite in a worker thread, so that a heavy query never blocks the event loop, and gives its socket's folder. */
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StartProblem } from '../start-problem.ts'
import { lockDataDir, makeDataDir } from './data-dir-lock.ts'

/** The name that a PostgreSQL client looks for in a socket folder. */
const socketName = '.s.PGSQL.5432'

export interface RunningPglite {
  socketDir: string
  stop(): Promise<void>
}

/** Throws DataDirBusy when another process holds the directory, StartProblem when it or the database in it is unusable. */
export async function startPglite(dataDir: string): Promise<RunningPglite> {
  makeDataDir(dataDir)
  const lock = lockDataDir(dataDir)
  const socketDir = makeSocketDir(dataDir)
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    name: 'pglite',
    workerData: { dataDir: join(dataDir, 'pglite'), socketPath: join(socketDir, socketName) },
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  function release() {
    rmSync(socketDir, { recursive: true, force: true })
    lock.release()
  }
  try {
    await Promise.race([
      once(worker, 'message'),
      exited.then(() => {
        throw new Error('the embedded database did not start')
      }),
    ])
  } catch (cause) {
    release()
    throw new StartProblem(
      `The embedded database in ${dataDir} cannot be opened: it is damaged, or of another version. ` +
        'Put the data directory back from a backup, or set MEVICHAT_DATA_DIR to another directory.',
      { cause },
    )
  }
  return {
    socketDir,
    async stop() {
      worker.postMessage('stop')
      await exited
      release()
    },
  }
}

/**
 * No password guards the socket: the folder's mode does. A path over 107 bytes cannot be bound, hence not in `dataDir`.
 * Named after it, so that who holds it finds what a killed process left.
 */
function makeSocketDir(dataDir: string): string {
  const { dev, ino } = statSync(dataDir)
  const prefix = `mevichat-${dev.toString(36)}-${ino.toString(36)}-`
  for (const name of readdirSync(tmpdir())) if (name.startsWith(prefix)) removeLeft(join(tmpdir(), name))
  const socketDir = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(socketDir, 0o700)
  return socketDir
}

/** Nothing but the socket, as anybody can make a folder of that name. */
function removeLeft(folder: string): void {
  try {
    unlinkSync(join(folder, socketName))
    rmdirSync(folder)
  } catch {
    // Another user's.
  }
}

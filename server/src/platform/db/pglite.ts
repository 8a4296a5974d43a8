/** Starts PGlite in a worker thread, so that a heavy query never blocks the event loop, and gives its socket's folder. */
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { lockDataDir } from './data-dir-lock.ts'

/** The name that a PostgreSQL client looks for in a socket folder. */
const socketName = '.s.PGSQL.5432'

export interface RunningPglite {
  socketDir: string
  stop(): Promise<void>
}

/** Throws DataDirBusy when another process holds the directory. */
export async function startPglite(dataDir: string): Promise<RunningPglite> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = lockDataDir(dataDir)
  // No password guards the socket: the folder's mode does. A path over 107 bytes cannot be bound, hence not in dataDir.
  const socketDir = mkdtempSync(join(tmpdir(), 'mevichat-'))
  chmodSync(socketDir, 0o700)
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
  } catch (error) {
    release()
    throw error
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

/** Two processes on one PGlite directory lose data silently, so one holds a lock that the system releases even on SIGKILL. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { rootMessageOf, StartProblem } from '../start-problem.ts'

export class DataDirBusy extends StartProblem {
  override readonly name = 'DataDirBusy'
  readonly pid: string | null
  constructor(dataDir: string, pid: string | null) {
    super(
      `The data directory ${dataDir} is in use by another Mevichat process${pid ? ` (pid ${pid})` : ''}. ` +
        'Stop that one first, or set MEVICHAT_DATA_DIR to another directory.',
    )
    this.pid = pid
  }
}

/** Where it is missing it is made, for this user alone. Throws StartProblem. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusable(dataDir, error)
  }
}

/** Throws DataDirBusy, or StartProblem for a directory that cannot be written to. */
export function lockDataDir(dataDir: string): { release(): void } {
  const pidFile = join(dataDir, 'lock.pid')
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(dataDir, 'lock'))
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
    writeFileSync(pidFile, String(process.pid))
  } catch (error) {
    lock?.close()
    throw isBusy(error) ? new DataDirBusy(dataDir, readPid(pidFile)) : unusable(dataDir, error)
  }
  const held = lock
  return { release: () => held.close() }
}

function unusable(dataDir: string, cause: unknown): StartProblem {
  return new StartProblem(
    `The data directory ${dataDir} cannot be used: ${rootMessageOf(cause)}. ` +
      'Let this user write to it, or set MEVICHAT_DATA_DIR to another directory.',
    { cause },
  )
}

/** SQLITE_BUSY and SQLITE_LOCKED; a full disk, say, is neither. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6)
}

function readPid(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

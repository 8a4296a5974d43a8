/** Two processes on one PGlite directory lose data silently, so one holds a lock that the system releases even on SIGKILL. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class DataDirBusy extends Error {
  readonly pid: string | null
  constructor(dataDir: string, pid: string | null) {
    super(
      `The data directory ${dataDir} is in use by another Mevichat process${pid ? ` (pid ${pid})` : ''}. ` +
        'Stop that one first, or set MEVICHAT_DATA_DIR to another directory.',
    )
    this.name = 'DataDirBusy'
    this.pid = pid
  }
}

export function lockDataDir(dataDir: string): { release(): void } {
  const pidFile = join(dataDir, 'lock.pid')
  const lock = new DatabaseSync(join(dataDir, 'lock'))
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw new DataDirBusy(dataDir, readPid(pidFile))
    throw error
  }
  writeFileSync(pidFile, String(process.pid))
  return { release: () => lock.close() }
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

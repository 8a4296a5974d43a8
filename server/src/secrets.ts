/** The secrets of the embedded default: made at the first start, kept in the data directory for its owner alone. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'

export interface Secrets {
  signingKey: Uint8Array
  encryptionKey: Uint8Array
}

/** What the settings give goes first. */
export function readSecrets(config: Pick<Config, 'dataDir' | 'signingKey' | 'encryptionKey'>): Secrets {
  const { signingKey, encryptionKey } = config
  if (signingKey && encryptionKey) return { signingKey, encryptionKey }
  const kept = keptSecrets(config.dataDir)
  return { signingKey: signingKey ?? kept.signingKey, encryptionKey: encryptionKey ?? kept.encryptionKey }
}

function keptSecrets(dataDir: string): Secrets {
  const path = join(dataDir, 'secrets.json')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    const fresh = { signingKey: randomBytes(32).toString('base64'), encryptionKey: randomBytes(32).toString('base64') }
    // `wx` fails when the file is there: of two first starts one makes the secrets.
    writeFileSync(path, `${JSON.stringify(fresh)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Record<keyof Secrets, string>
  return {
    signingKey: Buffer.from(kept.signingKey, 'base64'),
    encryptionKey: Buffer.from(kept.encryptionKey, 'base64'),
  }
}

/** The secrets of the embedded default: made at the first start, kept in the data directory for its owner alone. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, key32 } from './config.ts'
import { makeDataDir } from './platform/db/data-dir-lock.ts'
import { StartProblem } from './platform/start-problem.ts'

export interface Secrets {
  signingKey: Uint8Array
  encryptionKey: Uint8Array
}

type SecretSettings = Pick<Config, 'dataDir' | 'signingKey' | 'encryptionKey'>

/** What the settings give goes first. Makes what neither they nor the data directory have; throws StartProblem. */
export function readSecrets(config: SecretSettings): Secrets {
  const found = findSecrets(config)
  if (found) return found
  makeDataDir(config.dataDir)
  const path = secretsPath(config)
  const fresh = { signingKey: randomBytes(32).toString('base64'), encryptionKey: randomBytes(32).toString('base64') }
  // Under its name only once it is whole, also after a power cut. Who holds the data directory is alone in it.
  writeFileSync(`${path}.new`, `${JSON.stringify(fresh)}\n`, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
  return readSecrets(config)
}

/** Null before the first start. Throws StartProblem where the file is damaged. */
export function findSecrets(config: SecretSettings): Secrets | null {
  const { signingKey, encryptionKey } = config
  if (signingKey && encryptionKey) return { signingKey, encryptionKey }
  const path = secretsPath(config)
  if (!existsSync(path)) return null
  const kept = keptSecrets(path)
  return { signingKey: signingKey ?? kept.signingKey, encryptionKey: encryptionKey ?? kept.encryptionKey }
}

export function secretsPath({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'secrets.json')
}

function keptSecrets(path: string): Secrets {
  try {
    const { signingKey, encryptionKey } = JSON.parse(readFileSync(path, 'utf8')) as Record<keyof Secrets, string>
    return { signingKey: key32(signingKey), encryptionKey: key32(encryptionKey) }
  } catch (cause) {
    throw new StartProblem(
      `${path} cannot be used: it does not hold two keys of 32 bytes. Put it back from a backup, ` +
        'or remove it if no model key was stored: new ones are made then, and who is signed in signs in again.',
      { cause },
    )
  }
}

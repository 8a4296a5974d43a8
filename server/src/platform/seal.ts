/**
 * Seals secrets for the database: AES-256-GCM under MEVICHAT_ENCRYPTION_KEY, bound to the workspace and the field, so that
 * what is copied to another place does not open there. What is sealed reads `key id . IV, tag and ciphertext`.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { WorkspaceId } from './id.ts'
import { Secret } from './secret.ts'

/** Where a secret stands. `field` says all that must not change without it. */
export interface SealedPlace {
  /** Null for what is the installation's own. */
  workspaceId: WorkspaceId | null
  field: string
}

export interface Seal {
  /** Of the key that seals. */
  readonly keyId: string
  seal(secret: Secret, place: SealedPlace): string
  /** Throws SealBroken for what was sealed by a key that is not given, sealed for another place, or changed. */
  open(sealed: string, place: SealedPlace): Secret
  /** Whether the key that sealed this is given. */
  knows(keyId: string): boolean
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

const algorithm = 'aes-256-gcm'
/** NIST SP 800-38D §8.2.2: random, of 96 bits; good for 2^32 secrets a key. */
const ivBytes = 12
const tagBytes = 16
export const keyIdChars = 16

/** `old` keys only open: those of before a rotation, and before it the one that comes. */
export function openSeal(current: Uint8Array, old: readonly Uint8Array[] = []): Seal {
  const keys = new Map([current, ...old].map((key) => [idOf(key), key]))
  const keyId = idOf(current)
  return {
    keyId,
    seal(secret, place) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv(algorithm, current, iv, { authTagLength: tagBytes })
      cipher.setAAD(placeBytes(place))
      const sealed = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()])
      return `${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
    },
    open(sealed, place) {
      const key = keys.get(keyIdOf(sealed))
      if (!key) throw new SealBroken('a stored secret was sealed by a key that is not given')
      const bytes = Buffer.from(sealed.slice(keyIdChars + 1), 'base64url')
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        decipher.setAAD(placeBytes(place))
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
        return new Secret(opened.toString('utf8'))
      } catch (cause) {
        throw new SealBroken('a stored secret was changed, or belongs to another place', { cause })
      }
    },
    knows: (id) => keys.has(id),
  }
}

/** Of the key that sealed it. */
export function keyIdOf(sealed: string): string {
  return sealed.slice(0, keyIdChars)
}

function idOf(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, keyIdChars)
}

function placeBytes({ workspaceId, field }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify([workspaceId, field]))
}

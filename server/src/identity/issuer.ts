/** Meviona as issuer: signs short-lived tokens of its own and publishes the keys they are checked with. */
import { randomUUID } from 'node:crypto'
import type { Role } from '@mevichat/protocol/roles.ts'
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose'
import type { Clock } from '../platform/clock.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'
import {
  listSigningKeys,
  requireSigningKeys,
  type SigningKey,
  type SigningKeyPorts,
  signingAlgorithm,
  tokenSeconds,
} from './signing-keys.ts'

export interface Issued {
  userId: UserId
  email: string | null
  workspaceId: WorkspaceId
  /** For whoever shows it; nothing is allowed by it. */
  role: Role
}

export interface Issuer {
  /** `iss`: the public address. */
  name(): string
  /** `aud` */
  audience: string
  /** A token of ten minutes. Whether its user is a member is for the caller to have asked just before. */
  sign(issued: Issued): Promise<{ token: string; expiresIn: number }>
  /** The public keys of all that may be in flight, and of what will sign next. */
  publicKeys(): Promise<JWK[]>
  /** Null for a `kid` that is not ours. */
  findKey(kid: string): Promise<CryptoKey | null>
}

export interface IssuerPorts extends SigningKeyPorts {
  clock: Clock
}

interface KeySet {
  keys: Map<string, { publicKey: JWK; verifies: CryptoKey }>
  signer: { kid: string; key: CryptoKey } | null
}

/** How long a process may not know of a key that was dropped, or of another that is to sign. */
const keptMs = 60_000
/** An unknown `kid` makes us look again, so often at most. */
const lookAgainMs = 100

export function openIssuer(
  ports: IssuerPorts,
  { audience, publicUrl }: { audience: string; publicUrl: () => string },
): Issuer {
  let last: { at: number; set: Promise<KeySet> } | null = null

  function read(list: (ports: SigningKeyPorts) => Promise<SigningKey[]>, maxAgeMs: number): Promise<KeySet> {
    const at = ports.clock.monotonicMs()
    if (last && at - last.at < maxAgeMs) return last.set
    const reading = { at, set: list(ports).then(importKeys) }
    last = reading
    reading.set.catch(() => {
      if (last === reading) last = null
    })
    return reading.set
  }

  async function readWithSigner() {
    const { keys, signer } = await read(requireSigningKeys, keptMs)
    if (signer) return { keys, signer }
    const made = await read(requireSigningKeys, 0)
    if (!made.signer) throw new Error('there is no key to sign with')
    return { keys: made.keys, signer: made.signer }
  }

  return {
    name: publicUrl,
    audience,
    async sign({ userId, email, workspaceId, role }) {
      const { signer } = await readWithSigner()
      const now = Math.floor(ports.clock.now() / 1000)
      const token = await new SignJWT({ ...(email !== null && { email }), workspace: workspaceId, role })
        .setProtectedHeader({ alg: signingAlgorithm, typ: 'JWT', kid: signer.kid })
        .setIssuer(publicUrl())
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + tokenSeconds)
        .setJti(randomUUID())
        .sign(signer.key)
      return { token, expiresIn: tokenSeconds }
    },
    async publicKeys() {
      const { keys } = await readWithSigner()
      return [...keys].map(([kid, { publicKey }]) => ({ ...publicKey, kid, alg: signingAlgorithm, use: 'sig' }))
    },
    async findKey(kid) {
      const known = (await read(listSigningKeys, keptMs)).keys.get(kid)
      const found = known ?? (await read(listSigningKeys, lookAgainMs)).keys.get(kid)
      return found?.verifies ?? null
    },
  }
}

async function importKeys(found: SigningKey[]): Promise<KeySet> {
  const keys: KeySet['keys'] = new Map()
  for (const { kid, publicKey } of found) keys.set(kid, { publicKey, verifies: await importKey(publicKey) })
  const signer = found.find(({ privateKey }) => privateKey !== null)
  if (!signer?.privateKey) return { keys, signer: null }
  return { keys, signer: { kid: signer.kid, key: await importKey(JSON.parse(signer.privateKey.reveal())) } }
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, signingAlgorithm)
  if (key instanceof Uint8Array) throw new Error('a signing key is not of two parts')
  return key
}

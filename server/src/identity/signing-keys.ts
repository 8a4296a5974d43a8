/** The keys of our own tokens: made, taken over from and dropped, the same in every process. */
import { desc, sql } from 'drizzle-orm'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Db } from '../platform/db/db.ts'
import { type Seal, SealBroken } from '../platform/seal.ts'
import { Secret } from '../platform/secret.ts'
import { signingKeys } from './tables.ts'

export interface SigningKeyPorts {
  db: Db
  seal: Seal
}

export interface SigningKey {
  kid: string
  publicKey: JWK
  /** Null for one that does not sign yet, and for one that was sealed with a key that is not given any more. */
  privateKey: Secret | null
}

export const signingAlgorithm = 'EdDSA'
export const tokenSeconds = 600

/** How long a new key is published before it signs: as long as others may keep the set, twice. */
const announcedSeconds = 600
/** How long a key is published after another has taken over: what it signed has run out, in every process. */
const graceSeconds = tokenSeconds + 300
const rotationSeconds = 30 * 24 * 3600

/** Of the whole installation, not of a workspace. */
const place = (kid: string) => ({ workspaceId: null, field: `signing_keys.private_key:${kid}` })

/** What is published, the newest first. */
export async function listSigningKeys({ db, seal }: SigningKeyPorts): Promise<SigningKey[]> {
  const rows = await db
    .select({
      kid: signingKeys.kid,
      publicKey: signingKeys.publicKey,
      sealed: signingKeys.privateKey,
      signs: sql<boolean>`${signingKeys.signsFrom} <= clock_timestamp()`,
    })
    .from(signingKeys)
    .orderBy(desc(signingKeys.signsFrom))
  return rows.map(({ kid, publicKey, sealed, signs }) => ({
    kid,
    publicKey,
    privateKey: signs ? openPrivateKey(seal, kid, sealed) : null,
  }))
}

function openPrivateKey(seal: Seal, kid: string, sealed: string): Secret | null {
  try {
    return seal.open(sealed, place(kid))
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}

/** The keys, with one that signs: made now where there was none that this process can open. */
export async function requireSigningKeys(ports: SigningKeyPorts): Promise<SigningKey[]> {
  const found = await listSigningKeys(ports)
  if (found.some(isSigner)) return found
  return locked(ports, async (inside) => {
    // Another process may have been first.
    if (!(await listSigningKeys(inside)).some(isSigner)) await addKey(inside, 0)
    return listSigningKeys(inside)
  })
}

const isSigner = ({ privateKey }: SigningKey) => privateKey !== null

/**
 * Makes a new key once the newest is `afterSeconds` old, and drops those that nothing in flight is signed with any more.
 * The new one signs ten minutes later. True when a key was made.
 */
export function rotateSigningKeys(ports: SigningKeyPorts, afterSeconds = rotationSeconds): Promise<boolean> {
  return locked(ports, async (inside) => {
    await inside.db.execute(sql`
      delete from signing_keys where signs_from < (
        select max(signs_from) from signing_keys where signs_from < clock_timestamp() - make_interval(secs => ${graceSeconds}))`)
    const { rows } = await inside.db.execute<{ due: boolean | null }>(sql`
      select max(created_at) <= clock_timestamp() - make_interval(secs => ${afterSeconds}) as due from signing_keys`)
    // Where there is none yet the first token makes it.
    if (!rows[0]?.due) return false
    await addKey(inside, announcedSeconds)
    return true
  })
}

/** A lock of the table, since there may be no row to lock; readers go on. */
function locked<T>({ db, seal }: SigningKeyPorts, work: (inside: SigningKeyPorts) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table signing_keys in share row exclusive mode`)
    return work({ db: tx, seal })
  })
}

async function addKey({ db, seal }: SigningKeyPorts, signsInSeconds: number): Promise<void> {
  const pair = await generateKeyPair(signingAlgorithm, { extractable: true })
  const { kty, crv = '', x = '' } = await exportJWK(pair.publicKey)
  const publicKey = { kty: kty ?? '', crv, x }
  const kid = await calculateJwkThumbprint(publicKey)
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  await db.insert(signingKeys).values({
    kid,
    publicKey,
    privateKey: seal.seal(new Secret(privateJwk), place(kid)),
    // Of when the lock was got, not of when it was asked for.
    createdAt: sql`clock_timestamp()`,
    signsFrom: sql`clock_timestamp() + make_interval(secs => ${signsInSeconds})`,
  })
}

/** Credentials owns a workspace's own keys for model providers: kept sealed, given to nobody, used for its bots alone. */
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type CredentialId, newId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { enqueue, type JobHandler } from '../platform/jobs/jobs.ts'
import type { Log } from '../platform/log.ts'
import { type Seal, SealBroken } from '../platform/seal.ts'
import type { Secret } from '../platform/secret.ts'
import {
  countCredentials,
  deleteCredential,
  insertCredential,
  lockSealedByOthers,
  placeOf,
  readCredential,
  readKeyIds,
  replaceSealed,
  type StoredCredential,
  updateCredential,
} from './store.ts'

export type { BotModels } from './bot-models.ts'

export interface NewCredential {
  provider: 'openai' | 'anthropic'
  name: string
  key: Secret
  /** Checked; null is the provider's own. */
  baseUrl: string | null
  createdBy: UserId
}

export interface CredentialChange {
  name?: string | undefined
  key?: Secret | undefined
  baseUrl?: string | null | undefined
}

/** So many are enough, and can be listed at once. */
const maxCredentials = 50
/** Of a shorter key the last four would be too much of it. */
const showsLastFourFrom = 12

/** Keeps a key. Throws `conflict` when the workspace has 50. */
export async function addCredential(
  { db, seal }: { db: Db; seal: Seal },
  workspaceId: WorkspaceId,
  { key, ...credential }: NewCredential,
): Promise<StoredCredential> {
  if ((await countCredentials(db, workspaceId)) >= maxCredentials)
    throw fail('conflict', { detail: `A workspace has ${maxCredentials} credentials at most. Delete one first.` })
  const place = { ...credential, workspaceId, id: newId<CredentialId>() }
  return insertCredential(db, { ...place, sealedKey: seal.seal(key, placeOf(place)), lastFour: lastFourOf(key) })
}

/** Throws `not_found`. */
export async function getCredential(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  id: CredentialId,
  options?: { isLocked: boolean },
): Promise<StoredCredential> {
  const credential = await readCredential(db, workspaceId, id, options)
  if (!credential) throw fail('not_found')
  return credential
}

/** Changes a credential that is locked. Throws `invalid_request` for another address without the key. */
export async function changeCredential(
  { db, seal }: { db: Db; seal: Seal },
  credential: StoredCredential,
  { name, key, baseUrl = credential.baseUrl }: CredentialChange,
): Promise<StoredCredential> {
  if (baseUrl !== credential.baseUrl && !key)
    throw fail('invalid_request', {
      detail: 'key: another address needs the key anew, so that it is sent to no other host',
    })
  const changed = { ...credential, baseUrl }
  return updateCredential(db, credential, {
    ...(name !== undefined && { name }),
    ...(key && { baseUrl, sealedKey: seal.seal(key, placeOf(changed)), lastFour: lastFourOf(key) }),
  })
}

export async function removeCredential({ db }: { db: Db }, workspaceId: WorkspaceId, id: CredentialId): Promise<void> {
  await deleteCredential(db, workspaceId, id)
}

/** What is wrong when stored keys cannot be opened, in words for the operator; null when a start may go on. */
export async function problemOfSeal({ db, seal }: { db: Db; seal: Seal }): Promise<string | null> {
  const isKnown = (await readKeyIds(db)).every((keyId) => seal.knows(keyId))
  if (isKnown) return null
  return 'MEVICHAT_ENCRYPTION_KEY is not the key that stored credentials were sealed with. Give that one, or name it in MEVICHAT_ENCRYPTION_KEY_OLD'
}

/** The job that seals anew, with the current key, what an older one has sealed. */
export const resealCredentials = 'reseal-credentials'

/** Enqueues it where there is something to do: for each start. */
export async function resealAfterRotation({ db, seal }: { db: Db; seal: Seal }): Promise<void> {
  if ((await readKeyIds(db)).some((keyId) => keyId !== seal.keyId)) await enqueue(db, resealCredentials, {})
}

const batch = 100

/** A batch at a time, so that nobody waits; each key can be opened at any moment. What cannot be opened is left as it is. */
export function credentialResealing({ db, seal, log }: { db: Db; seal: Seal; log: Log }): JobHandler<object> {
  return {
    async run(_, signal) {
      let resealed = 0
      for (let last: StoredCredential | null = null; ; ) {
        signal.throwIfAborted()
        const credentials: StoredCredential[] = await db.transaction(async (tx) => {
          const found = await lockSealedByOthers(tx, seal.keyId, last, batch)
          for (const credential of found) if (await reseal({ db: tx, seal, log }, credential)) resealed++
          return found
        })
        last = credentials.at(-1) ?? null
        if (!last) break
      }
      log.info({ resealed }, 'credentials were sealed with the current key')
    },
    giveUp: async () => log.error('credentials could not all be sealed with the current key: keep the old one'),
  }
}

async function reseal(
  { db, seal, log }: { db: Db; seal: Seal; log: Log },
  credential: StoredCredential,
): Promise<boolean> {
  const place = placeOf(credential)
  try {
    await replaceSealed(db, credential, seal.seal(seal.open(credential.sealedKey, place), place))
    return true
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    log.error({ err: error, workspaceId: credential.workspaceId, credentialId: credential.id }, 'a credential')
    return false
  }
}

function lastFourOf(key: Secret): string {
  const text = key.reveal()
  return text.length < showsLastFourFrom ? '' : text.slice(-4)
}

/** The admin's doors to model credentials: keep, try, change, delete. No answer holds a key. */
import { type CredentialAnswer, credentialOperations } from '@mevichat/protocol/credentials.ts'
import { recordEvent } from '../audit/audit.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { CredentialId, WorkspaceId } from '../platform/id.ts'
import type { Account, Models } from '../platform/models/registry.ts'
import { FetchProblem } from '../platform/safe-fetch.ts'
import { type Seal, SealBroken } from '../platform/seal.ts'
import { Secret } from '../platform/secret.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import type { Member } from '../workspaces/workspaces.ts'
import { addCredential, type BotModels, changeCredential, getCredential, removeCredential } from './credentials.ts'
import { placeOf, readCredentials, type StoredCredential, updateTested } from './store.ts'

export interface CredentialRoutePorts extends OperationPorts {
  models: Models
  seal: Seal
  botModels: BotModels
}

/** What bots, which stand to the right, say of a credential. */
export interface BotChoices {
  namesOf(db: Db, workspaceId: WorkspaceId, id: CredentialId): Promise<string[]>
  /** Lets the bots that chose it use the next in order. */
  takeFrom(db: Db, workspaceId: WorkspaceId, id: CredentialId): Promise<void>
}

/** Each is a call of somebody else's server. */
const testsPerMinute = 20

export function addCredentialRoutes(app: HttpApp, ports: CredentialRoutePorts, choices: BotChoices): void {
  addOperations(app, ports, credentialOperations, {
    async listCredentials({ caller }) {
      return { credentials: (await readCredentials(ports.db, caller.workspaceId)).map(answerOf) }
    },
    async addCredential({ caller: { workspaceId, userId }, body }) {
      const baseUrl = await readAddress(ports, body.base_url ?? null)
      const { provider, name } = body
      const credential = { provider, name, baseUrl, key: new Secret(body.key), createdBy: userId }
      const added = await ports.db.transaction(async (tx) => {
        const made = await addCredential({ ...ports, db: tx }, workspaceId, credential)
        await recordEvent(tx, workspaceId, { userId, action: 'credential.created', ...about(made) })
        return made
      })
      ports.botModels.forget(workspaceId)
      return answerOf(added)
    },
    async testNewCredential({ caller, body }) {
      await limitTests(ports, caller)
      const baseUrl = await readAddress(ports, body.base_url ?? null)
      const { provider, key, model = null } = body
      const { code, problem, testedAt } = await test(ports, { provider, baseUrl, apiKey: new Secret(key) }, model)
      const details = { provider, base_url: baseUrl, code }
      await recordEvent(ports.db, caller.workspaceId, { userId: caller.userId, action: 'credential.tested', details })
      return { tested_at: testedAt.toISOString(), code, problem }
    },
    async getCredential({ caller, params }) {
      return answerOf(await getCredential(ports, caller.workspaceId, params.credentialId as CredentialId))
    },
    async changeCredential({ caller: { workspaceId, userId }, params, body, requireMatch }) {
      const id = params.credentialId as CredentialId
      const baseUrl = body.base_url === undefined ? undefined : await readAddress(ports, body.base_url)
      const key = body.key === undefined ? undefined : new Secret(body.key)
      const changed = await ports.db.transaction(async (tx) => {
        const credential = await getCredential({ db: tx }, workspaceId, id, { isLocked: true })
        requireMatch(answerOf(credential))
        const after = await changeCredential({ ...ports, db: tx }, credential, { name: body.name, key, baseUrl })
        const changes = Object.keys(body)
        await recordEvent(tx, workspaceId, { userId, action: 'credential.changed', ...about(after, { changes }) })
        return after
      })
      ports.botModels.forget(workspaceId)
      return answerOf(changed)
    },
    async removeCredential({ caller: { workspaceId, userId }, params, query }) {
      const id = params.credentialId as CredentialId
      await ports.db.transaction(async (tx) => {
        const credential = await getCredential({ db: tx }, workspaceId, id, { isLocked: true })
        const names = await choices.namesOf(tx, workspaceId, id)
        if (names.length > 0 && query.force !== 'true') throw fail('conflict', { detail: inUse(names) })
        await choices.takeFrom(tx, workspaceId, id)
        await removeCredential({ db: tx }, workspaceId, id)
        await recordEvent(tx, workspaceId, {
          userId,
          action: 'credential.removed',
          ...about(credential, { bots: names }),
        })
      })
      ports.botModels.forget(workspaceId)
    },
    async testCredential({ caller, params, query }) {
      const credential = await getCredential(ports, caller.workspaceId, params.credentialId as CredentialId)
      await limitTests(ports, caller)
      const { code, problem, testedAt } = await test(ports, openAccount(ports, credential), query.model ?? null)
      await ports.db.transaction(async (tx) => {
        await updateTested(tx, credential, { testedAt, problem })
        const event = { userId: caller.userId, action: 'credential.tested', ...about(credential, { code }) } as const
        await recordEvent(tx, caller.workspaceId, event)
      })
      return { tested_at: testedAt.toISOString(), code, problem }
    },
  })
}

async function limitTests({ limiter }: CredentialRoutePorts, { userId }: Member): Promise<void> {
  await limiter.take('credential-test', testsPerMinute, userId)
}

async function test({ models }: CredentialRoutePorts, account: Account, model: string | null) {
  const found = await models.testAccount(account, model)
  return { testedAt: new Date(), code: found?.code ?? null, problem: found?.message ?? null }
}

/** Throws `conflict` for a key that has not come through a restore or a rotation. */
function openAccount({ seal }: CredentialRoutePorts, credential: StoredCredential): Account {
  try {
    return { ...credential, apiKey: seal.open(credential.sealedKey, placeOf(credential)) }
  } catch (cause) {
    if (!(cause instanceof SealBroken)) throw cause
    throw fail('conflict', { cause, detail: 'The stored key cannot be opened any more. Give the key anew.' })
  }
}

/** Throws `invalid_request`, in words, for an address that no key may be sent to. */
async function readAddress({ models }: CredentialRoutePorts, text: string | null): Promise<string | null> {
  if (text === null) return null
  try {
    return await models.checkAddress(text)
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error
    throw fail('invalid_request', { cause: error, detail: `base_url: ${error.message}` })
  }
}

function inUse(names: string[]): string {
  const listed = names.map((name) => `“${name}”`).join(', ')
  return `Chosen by ${listed}. Choose another credential there, or delete with ?force=true: the next in order is then used.`
}

function about({ id, name, provider, baseUrl }: StoredCredential, more: object = {}) {
  return { target: { kind: 'credential', id, name }, details: { provider, base_url: baseUrl, ...more } }
}

function answerOf(credential: StoredCredential): CredentialAnswer {
  const { id, provider, name, baseUrl, lastFour, testedAt, problem, createdBy, createdAt, updatedAt } = credential
  return {
    id,
    provider,
    name,
    base_url: baseUrl,
    last_four: lastFour,
    tested_at: testedAt?.toISOString() ?? null,
    problem,
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    changed_at: updatedAt.toISOString(),
  }
}

/**
 * Which credential pays for a bot's model: the bot's own, else the workspace's newest for the provider of that model, else
 * the instance's. A key that is refused ends the answer: nobody else's is tried in its place.
 */
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { CredentialId, WorkspaceId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { type ChatModel, type EmbeddingModel, ModelError } from '../platform/models/models.ts'
import type { Credential, Models } from '../platform/models/registry.ts'
import type { Seal } from '../platform/seal.ts'
import { placeOf, readCredentials, type StoredCredential } from './store.ts'

type ChatChoice = { chatModel: string | null; credentialId: CredentialId | null }
type EmbeddingChoice = { embeddingModel: string | null; credentialId: CredentialId | null }

export interface BotModels {
  /** Throws ModelError with `llm_auth_failed` when the credential that the bot chose is gone, or cannot be opened. */
  chat(workspaceId: WorkspaceId, bot: ChatChoice): Promise<{ model: ChatModel; modelName: string }>
  /** Likewise; throws ModelError too when the model cannot be opened. */
  embedding(workspaceId: WorkspaceId, bot: EmbeddingChoice): Promise<EmbeddingModel>
  /** For after a change of the workspace's credentials; other processes notice it within five seconds. */
  forget(workspaceId: WorkspaceId): void
}

/** How long a credential that was deleted in another process may be used. */
const keptMs = 5_000
const maxWorkspaces = 10_000

interface Kept {
  readAt: number
  rows: Promise<StoredCredential[]>
}

export function openBotModels({
  db,
  models,
  seal,
  clock,
  log,
}: {
  db: Db
  models: Pick<Models, 'chatModel' | 'embeddingModel' | 'providerOf'>
  seal: Seal
  clock: Pick<Clock, 'monotonicMs'>
  log: Log
}): BotModels {
  const kept = new Map<WorkspaceId, Kept>()

  /** Sealed, as they are stored: a key is opened where it is used. */
  function credentialsOf(workspaceId: WorkspaceId): Promise<StoredCredential[]> {
    const now = clock.monotonicMs()
    const known = kept.get(workspaceId)
    if (known && now - known.readAt < keptMs) return known.rows
    kept.delete(workspaceId)
    const [oldest] = kept.keys()
    if (kept.size >= maxWorkspaces && oldest) kept.delete(oldest)
    const read = { readAt: now, rows: readCredentials(db, workspaceId) }
    kept.set(workspaceId, read)
    read.rows.catch(() => kept.get(workspaceId) === read && kept.delete(workspaceId))
    return read.rows
  }

  /** `isOpen`: the bot has not said which model, so that its credential may. */
  async function choose(
    workspaceId: WorkspaceId,
    provider: string,
    credentialId: CredentialId | null,
    isOpen: boolean,
  ): Promise<Credential | null> {
    if (provider === 'built-in' && !(isOpen && credentialId)) return null
    const credentials = await credentialsOf(workspaceId)
    const chosen = credentials.find(({ id }) => id === credentialId)
    if (credentialId && !chosen) throw new ModelError('llm_auth_failed', 'the credential that the bot chose is gone')
    const fitting =
      chosen && (isOpen || chosen.provider === provider)
        ? chosen
        : credentials.find((credential) => credential.provider === provider)
    return fitting ? open(fitting) : null
  }

  function open(row: StoredCredential): Credential {
    const { id, provider, baseUrl, updatedAt, sealedKey } = row
    try {
      return { id, version: updatedAt.toISOString(), provider, baseUrl, apiKey: seal.open(sealedKey, placeOf(row)) }
    } catch (cause) {
      log.error({ err: cause, workspaceId: row.workspaceId, credentialId: id }, 'a credential cannot be opened')
      throw new ModelError('llm_auth_failed', 'a credential cannot be opened', { cause })
    }
  }

  return {
    async chat(workspaceId, { chatModel, credentialId }) {
      const provider = models.providerOf('chat', chatModel)
      return models.chatModel(chatModel, await choose(workspaceId, provider, credentialId, chatModel === null))
    },
    async embedding(workspaceId, { embeddingModel, credentialId }) {
      const provider = models.providerOf('embedding', embeddingModel)
      return models.embeddingModel(embeddingModel, await choose(workspaceId, provider, credentialId, false))
    },
    forget: (workspaceId) => void kept.delete(workspaceId),
  }
}

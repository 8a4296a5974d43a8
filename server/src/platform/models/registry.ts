/** Opens the models that the configuration names and finds the one that a bot asks for. */
import { lookup } from 'node:dns/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Egress } from '../safe-fetch.ts'
import type { Secret } from '../secret.ts'
import { type AccountProblem, testAccount } from './account-test.ts'
import { anthropicChatModel } from './anthropic.ts'
import { builtInChatModel } from './built-in.ts'
import { type ModelTimeouts, modelTimeouts, openPool } from './exchange.ts'
import { type ChatModel, type EmbeddingModel, ModelError } from './models.ts'
import { openAiChatModel } from './openai.ts'
import { openAiEmbeddingModel } from './openai-embeddings.ts'
import { openCheckedPool, openProviderEgress, readProviderAddress, requireReachable } from './provider-address.ts'

/** As the configuration has it. */
export interface ModelSettings {
  /** `isChosen`: there is a key, or an address of a server that may want none. */
  openai: { apiKey: string | null; baseUrl: string; isChosen: boolean }
  anthropic: { apiKey: string | null; baseUrl: string }
  /** `provider:model` or null. */
  chatModel: string | null
  embeddingModel: string | null
  /** Where the built-in model is kept once it is made ready. */
  dataDir: string
  /** Holds for the addresses of credentials; the ones above are trusted. */
  egressAllow: readonly string[]
}

/** A key of a tenant's own, with the address that it is for. */
export interface Account {
  provider: 'openai' | 'anthropic'
  apiKey: Secret
  /** Null is the provider's own. */
  baseUrl: string | null
}

/** An account that is kept. */
export interface Credential extends Account {
  id: string
  /** Another one once its key or its address has changed. */
  version: string
}

export interface Models extends AsyncDisposable {
  /**
   * `provider:model`, or null for the default: what the configuration names, else a model of the first provider with a
   * key, else the built-in one. With a credential, which must be of that provider, it is the model of that account alone;
   * where the default is of another provider, the credential's provider has its own. A provider that is not configured
   * refuses when it is used, with llm_auth_failed.
   */
  chatModel(ref: string | null, credential?: Credential | null): { model: ChatModel; modelName: string }
  /**
   * Likewise. Opened at the first use and then kept; a failed opening is tried again. Its space has the model's name,
   * whoever pays. Throws ModelError.
   */
  embeddingModel(ref: string | null, credential?: Credential | null): Promise<EmbeddingModel>
  /** Whose model it is: `openai`, `anthropic` or `built-in`. */
  providerOf(kind: 'chat' | 'embedding', ref: string | null): string
  /** The address as a credential keeps it. Throws FetchProblem, in words, when no key may be sent there. */
  checkAddress(text: string): Promise<string>
  /** Null when all is well. Where no model is named, the default one is tried at the provider's own address. */
  testAccount(account: Account, model: string | null): Promise<AccountProblem | null>
}

/** What is kept of a credential: its breakers, and what its models refused. */
interface Opened {
  chat: ChatModel
  embeddings: Map<string, Promise<EmbeddingModel>>
}

const builtIn = 'built-in'
const defaultChatModels = { openai: 'gpt-6-luna', anthropic: 'claude-haiku-5-5' }
const defaultEmbeddingModel = 'text-embedding-3-small'

/** The one used longest ago is closed first. */
const maxCredentials = 1_000
const ownAddresses = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com' }

export function openModels(
  settings: ModelSettings,
  { clock, log, resolve }: { clock: Clock; log: Log; resolve?: Egress['resolve'] },
  timeouts: ModelTimeouts = modelTimeouts,
): Models {
  const { openai, anthropic } = settings
  const pool = openPool(timeouts)
  const egress = openProviderEgress(settings.egressAllow, resolve ?? ((host) => lookup(host, { all: true })))
  const checkedPool = openCheckedPool(egress, timeouts)
  const ports = { clock, pool }
  const checkedPorts = { clock, pool: checkedPool }
  const chatModels: Record<string, ChatModel> = {
    [builtIn]: builtInChatModel,
    openai: openai.isChosen ? openAiChatModel(ports, openai, timeouts) : notConfigured('openai'),
    anthropic:
      anthropic.apiKey === null
        ? notConfigured('anthropic')
        : anthropicChatModel(ports, { ...anthropic, apiKey: anthropic.apiKey }, timeouts),
  }
  const chosenChat =
    settings.chatModel ??
    (openai.apiKey !== null ? defaultChat('openai') : anthropic.apiKey !== null ? defaultChat('anthropic') : builtIn)
  const chosenEmbedding =
    settings.embeddingModel ?? (openai.apiKey !== null ? `openai:${defaultEmbeddingModel}` : builtIn)
  const embeddingModels = new Map<string, Promise<EmbeddingModel & Partial<AsyncDisposable>>>()
  const openedCredentials = new Map<string, Opened>()
  log.info({ chat: chosenChat, embedding: chosenEmbedding }, 'models')

  async function openEmbeddingModel(ref: string): Promise<EmbeddingModel & Partial<AsyncDisposable>> {
    const [provider, name] = parted(ref)
    if (provider === builtIn)
      return (await import('./minilm.ts')).openMiniLm({ cacheDir: join(settings.dataDir, 'models') })
    if (provider === 'openai' && openai.isChosen) return openAiEmbeddingModel(ports, openai, name)
    throw new ModelError('llm_auth_failed', `${provider} is not configured for embeddings`)
  }

  function openedOf(credential: Credential): Opened {
    const key = `${credential.id} ${credential.version}`
    const opened = openedCredentials.get(key) ?? { chat: chatModelOf(credential), embeddings: new Map() }
    openedCredentials.delete(key)
    openedCredentials.set(key, opened)
    const [oldest] = openedCredentials.keys()
    if (openedCredentials.size > maxCredentials && oldest !== undefined) openedCredentials.delete(oldest)
    return opened
  }

  function chatModelOf(credential: Credential): ChatModel {
    const account = plainAccount(credential)
    return credential.provider === 'openai'
      ? openAiChatModel(checkedPorts, account, timeouts)
      : anthropicChatModel(checkedPorts, account, timeouts)
  }

  return {
    chatModel(ref, credential = null) {
      if (!credential) {
        const [provider, modelName] = parted(ref ?? chosenChat)
        return { model: chatModels[provider] ?? notConfigured(provider), modelName }
      }
      const chosen =
        ref ?? (parted(chosenChat)[0] === credential.provider ? chosenChat : defaultChat(credential.provider))
      return { model: openedOf(credential).chat, modelName: parted(chosen)[1] }
    },
    embeddingModel(ref, credential = null) {
      const name = ref ?? chosenEmbedding
      const known = credential ? openedOf(credential).embeddings : embeddingModels
      const open =
        known.get(name) ??
        (credential
          ? openAiEmbeddingModel(checkedPorts, plainAccount(credential), parted(name)[1])
          : openEmbeddingModel(name))
      known.set(name, open)
      open.catch(() => known.delete(name))
      return open
    },
    providerOf: (kind, ref) => parted(ref ?? (kind === 'chat' ? chosenChat : chosenEmbedding))[0],
    async checkAddress(text) {
      const address = readProviderAddress(egress.allow, text)
      await requireReachable(egress, new URL(address))
      return address
    },
    testAccount(account, model) {
      const tried = model ?? (account.baseUrl === null ? defaultChatModels[account.provider] : null)
      return testAccount(checkedPool, { ...plainAccount(account), provider: account.provider }, tried)
    },
    async [Symbol.asyncDispose]() {
      for (const open of await Promise.allSettled(embeddingModels.values())) {
        if (open.status === 'fulfilled') await open.value[Symbol.asyncDispose]?.()
      }
      await Promise.all([pool.destroy(), checkedPool.destroy()])
    },
  }
}

function defaultChat(provider: 'openai' | 'anthropic'): string {
  return `${provider}:${defaultChatModels[provider]}`
}

function plainAccount({ provider, apiKey, baseUrl }: Account): { apiKey: string; baseUrl: string } {
  return { apiKey: apiKey.reveal(), baseUrl: baseUrl ?? ownAddresses[provider] }
}

/** `openai:mode:ok` is the model `mode:ok` of openai; `built-in` is both. */
function parted(ref: string): [provider: string, model: string] {
  const colon = ref.indexOf(':')
  return colon < 0 ? [ref, ref] : [ref.slice(0, colon), ref.slice(colon + 1)]
}

function notConfigured(provider: string): ChatModel {
  return {
    provider,
    // biome-ignore lint/correctness/useYield: it refuses before the first chunk
    async *stream() {
      throw new ModelError('llm_auth_failed', `${provider} is not configured`)
    },
  }
}

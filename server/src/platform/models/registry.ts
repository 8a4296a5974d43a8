/** Opens the models that the configuration names and finds the one that a bot asks for. */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { anthropicChatModel } from './anthropic.ts'
import { builtInChatModel } from './built-in.ts'
import { type ModelTimeouts, modelTimeouts, openPool } from './exchange.ts'
import { type ChatModel, type EmbeddingModel, ModelError } from './models.ts'
import { openAiChatModel } from './openai.ts'
import { openAiEmbeddingModel } from './openai-embeddings.ts'

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
}

export interface Models extends AsyncDisposable {
  /**
   * `provider:model`, or null for the default: what the configuration names, else a model of the first provider with a
   * key, else the built-in one. A provider that is not configured refuses when it is used, with llm_auth_failed.
   */
  chatModel(ref: string | null): { model: ChatModel; modelName: string }
  /**
   * Likewise. Opened at the first use and then kept; a failed opening is tried again.
   * Throws ModelError.
   */
  embeddingModel(ref: string | null): Promise<EmbeddingModel>
}

const builtIn = 'built-in'
const defaults = {
  openaiChat: 'openai:gpt-6-luna',
  anthropicChat: 'anthropic:claude-haiku-5-5',
  openaiEmbedding: 'openai:text-embedding-3-small',
}

export function openModels(
  settings: ModelSettings,
  { clock, log }: { clock: Clock; log: Log },
  timeouts: ModelTimeouts = modelTimeouts,
): Models {
  const { openai, anthropic } = settings
  const pool = openPool(timeouts)
  const ports = { clock, pool }
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
    (openai.apiKey !== null ? defaults.openaiChat : anthropic.apiKey !== null ? defaults.anthropicChat : builtIn)
  const chosenEmbedding = settings.embeddingModel ?? (openai.apiKey !== null ? defaults.openaiEmbedding : builtIn)
  const embeddingModels = new Map<string, Promise<EmbeddingModel & Partial<AsyncDisposable>>>()
  log.info({ chat: chosenChat, embedding: chosenEmbedding }, 'models')

  async function openEmbeddingModel(ref: string): Promise<EmbeddingModel & Partial<AsyncDisposable>> {
    const [provider, name] = parted(ref)
    if (provider === builtIn)
      return (await import('./minilm.ts')).openMiniLm({ cacheDir: join(settings.dataDir, 'models') })
    if (provider === 'openai' && openai.isChosen) return openAiEmbeddingModel(ports, openai, name)
    throw new ModelError('llm_auth_failed', `${provider} is not configured for embeddings`)
  }

  return {
    chatModel(ref) {
      const [provider, modelName] = parted(ref ?? chosenChat)
      return { model: chatModels[provider] ?? notConfigured(provider), modelName }
    },
    embeddingModel(ref) {
      const name = ref ?? chosenEmbedding
      const open = embeddingModels.get(name) ?? openEmbeddingModel(name)
      embeddingModels.set(name, open)
      open.catch(() => embeddingModels.delete(name))
      return open
    },
    async [Symbol.asyncDispose]() {
      for (const open of await Promise.allSettled(embeddingModels.values())) {
        if (open.status === 'fulfilled') await open.value[Symbol.asyncDispose]?.()
      }
      await pool.destroy()
    },
  }
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

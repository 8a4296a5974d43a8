/**
 * OpenAI's chat completions and everything that is compatible with them: Azure, Ollama, vLLM, Gemini and others.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { createChatProvider } from './chat-provider.ts'
import type { ModelPorts, ModelTimeouts } from './exchange.ts'
import { eventFailure } from './failures.ts'
import type { ChatModel, ModelFinish } from './models.ts'
import { ModelError } from './models.ts'
import type { ChatWire } from './wire.ts'

export interface OpenAiAccount {
  /** Null for servers that want none, such as Ollama. */
  apiKey: string | null
  /** Up to and with `/v1`; a query string such as Azure's `?api-version=…` is kept. */
  baseUrl: string
}

export function openAiChatModel(ports: ModelPorts, account: OpenAiAccount, timeouts?: ModelTimeouts): ChatModel {
  return createChatProvider(ports, openAiWire(account), timeouts)
}

export function openAiUrl({ baseUrl }: OpenAiAccount, path: string): URL {
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`
  return url
}

export function openAiHeaders({ apiKey, baseUrl }: OpenAiAccount): Record<string, string> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'mevichat' }
  if (apiKey === null) return headers
  return isAzure(baseUrl) ? { ...headers, 'api-key': apiKey } : { ...headers, authorization: `Bearer ${apiKey}` }
}

/** OpenAI's own service, which also takes what compatible ones have not learned yet. */
function isOpenAiItself(baseUrl: string): boolean {
  return new URL(baseUrl).hostname === 'api.openai.com' || isAzure(baseUrl)
}

function isAzure(baseUrl: string): boolean {
  return new URL(baseUrl).hostname.endsWith('.openai.azure.com')
}

export function openAiWire(account: OpenAiAccount): ChatWire {
  const url = openAiUrl(account, 'chat/completions')
  const headers = { ...openAiHeaders(account), accept: 'text/event-stream' }
  const isOpenAi = isOpenAiItself(account.baseUrl)
  const [limit, otherLimit] = isOpenAi
    ? ['max_completion_tokens', 'max_tokens']
    : ['max_tokens', 'max_completion_tokens']

  return {
    provider: 'openai',
    call(request, refused) {
      const options = {
        [refused.has(limit) ? otherLimit : limit]: request.maxOutputTokens,
        stream_options: { include_usage: true },
        ...(request.temperature !== null && { temperature: request.temperature }),
        // Evidence is quoted, not reasoned about: the first word comes sooner, and no limit is eaten up by thoughts.
        ...(isOpenAi && { reasoning_effort: 'none' }),
      }
      const taken = Object.entries(options).filter(([name]) => !refused.has(name))
      const body = {
        model: request.model,
        messages: [{ role: 'system', content: request.system }, ...request.messages],
        stream: true,
        ...Object.fromEntries(taken),
      }
      return { url, headers, body: JSON.stringify(body), optional: taken.map(([name]) => name) }
    },

    read({ data }, reply) {
      if (data === '[DONE]') {
        reply.isDone = true
        return
      }
      const plain = plainChunk.exec(data)?.[1]
      if (plain !== undefined) {
        reply.text += plain
        return
      }
      const chunk: OpenAiChunk | null = JSON.parse(data)
      if (chunk?.error) throw eventFailure('openai', chunk.error.code ?? chunk.error.type)
      if (chunk?.usage) {
        const { prompt_tokens: input, completion_tokens: output } = chunk.usage
        reply.usage = { inputTokens: Number(input) || 0, outputTokens: Number(output) || 0 }
      }
      const choice = chunk?.choices?.[0]
      const { content, reasoning_content: thoughts, reasoning } = choice?.delta ?? {}
      if (typeof content === 'string') reply.text += content
      if (thoughts || reasoning) reply.hasOutput = true
      // Some say '' until there is a reason.
      if (choice?.finish_reason) reply.finish = finishOf(choice.finish_reason)
    },
  }
}

const plainText = String.raw`[^"\\\p{Cc}]*`

/**
 * What nearly all chunks are: some text without escapes, and not the end. To parse them was a quarter of a relayed reply's
 * cost. The pattern covers a chunk from end to end, so that it says what parsing would; whatever is written in any other
 * way is parsed.
 */
const plainChunk = new RegExp(
  String.raw`^\{(?:"(?:id|object|created|model|service_tier|system_fingerprint)":(?:"${plainText}"|0|[1-9]\d*|null),)*` +
    String.raw`"choices":\[\{"index":0,"delta":\{(?:"role":"assistant",)?"content":"(${plainText})"\},` +
    String.raw`(?:"logprobs":null,)?"finish_reason":null\}\](?:,"(?:usage":null|obfuscation":"${plainText}"))*\}$`,
  'u',
)

/** As much of a chunk as is read. It comes from outside, so every field may be missing or of another type. */
interface OpenAiChunk {
  choices?: {
    delta?: { content?: unknown; reasoning_content?: unknown; reasoning?: unknown }
    finish_reason?: unknown
  }[]
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
  error?: { code?: unknown; type?: unknown }
}

function finishOf(reason: unknown): ModelFinish['finish'] {
  if (reason === 'content_filter') throw new ModelError('llm_unavailable', 'openai withheld the answer')
  return reason === 'length' ? 'length' : 'stop'
}

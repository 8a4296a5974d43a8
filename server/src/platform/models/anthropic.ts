/** Anthropic's messages. https://docs.anthropic.com/en/api/messages-streaming */
import { createChatProvider } from './chat-provider.ts'
import type { ModelPorts, ModelTimeouts } from './exchange.ts'
import { eventFailure } from './failures.ts'
import { type ChatModel, ModelError, type ModelFinish } from './models.ts'
import type { ChatWire } from './wire.ts'

export interface AnthropicAccount {
  apiKey: string
  /** Without `/v1`. */
  baseUrl: string
}

export function anthropicChatModel(ports: ModelPorts, account: AnthropicAccount, timeouts?: ModelTimeouts): ChatModel {
  return createChatProvider(ports, anthropicWire(account), timeouts)
}

export function anthropicUrl({ baseUrl }: AnthropicAccount, path: string): URL {
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${path}`
  return url
}

export function anthropicHeaders({ apiKey }: AnthropicAccount): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'mevichat',
    'anthropic-version': '2023-06-01',
    'x-api-key': apiKey,
  }
}

export function anthropicWire(account: AnthropicAccount): ChatWire {
  const url = anthropicUrl(account, 'messages')
  const headers = { ...anthropicHeaders(account), accept: 'text/event-stream' }
  return {
    provider: 'anthropic',
    call(request, refused) {
      const options = {
        ...(request.temperature !== null && { temperature: Math.min(1, request.temperature) }),
        // As with OpenAI: evidence is quoted, not reasoned about.
        thinking: { type: 'disabled' },
      }
      const taken = Object.entries(options).filter(([name]) => !refused.has(name))
      const body = {
        model: request.model,
        system: request.system,
        // A conversation must begin with its user; a window of history may have cut that off.
        messages: request.messages.slice(request.messages.findIndex(({ role }) => role === 'user')),
        max_tokens: request.maxOutputTokens,
        stream: true,
        ...Object.fromEntries(taken),
      }
      return { url, headers, body: JSON.stringify(body), optional: taken.map(([name]) => name) }
    },

    read({ data }, reply) {
      const event: AnthropicEvent | null = JSON.parse(data)
      switch (event?.type) {
        case 'message_start': {
          const {
            input_tokens: input,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: written,
          } = event.message?.usage ?? {}
          const inputTokens = (Number(input) || 0) + (Number(read) || 0) + (Number(written) || 0)
          reply.usage = { inputTokens, outputTokens: 0 }
          return
        }
        case 'content_block_delta':
          if (typeof event.delta?.text === 'string') reply.text += event.delta.text
          reply.hasOutput = true
          return
        case 'message_delta':
          if (reply.usage) reply.usage.outputTokens = Number(event.usage?.output_tokens) || 0
          if (event.delta?.stop_reason) reply.finish = finishOf(event.delta.stop_reason)
          return
        case 'message_stop':
          reply.isDone = true
          return
        case 'error':
          throw eventFailure('anthropic', event.error?.type)
      }
    },
  }
}

/** As much of an event as is read. It comes from outside, so every field may be missing or of another type. */
interface AnthropicEvent {
  type?: unknown
  message?: {
    usage?: { input_tokens?: unknown; cache_read_input_tokens?: unknown; cache_creation_input_tokens?: unknown }
  }
  delta?: { text?: unknown; stop_reason?: unknown }
  usage?: { output_tokens?: unknown }
  error?: { type?: unknown }
}

function finishOf(reason: unknown): ModelFinish['finish'] {
  if (reason === 'refusal') throw new ModelError('llm_unavailable', 'anthropic withheld the answer')
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'length' : 'stop'
}

/** Replies as OpenAI and Anthropic write them on the wire. */
import type { ReplySettings } from './model-server-modes.ts'

/** A reply cut where faults can strike: what comes before the text, each token, its end, and the mark that all was sent. */
export interface WireReply {
  opening: string
  tokens: string[]
  finish: string
  done: string
  broken: string
}

export interface Wire {
  reply(settings: ReplySettings, tokens: string[], promptTokens: number, model: string): WireReply
  /** The body of a refusal; it repeats the credential, as some providers do. */
  error(status: number, credential: string): string
}

export const openAiWire: Wire = {
  reply({ finishReason, reportsUsage }, tokens, promptTokens, model) {
    const head = `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":${JSON.stringify(model)}`
    const chunk = (delta: string, finish: string | null) =>
      `data: ${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}],"usage":null}\n\n`
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: tokens.length,
      total_tokens: promptTokens + tokens.length,
    }
    return {
      opening: chunk('{"role":"assistant","content":"","refusal":null}', null),
      tokens: tokens.map((token) => chunk(`{"content":${JSON.stringify(token)}}`, null)),
      finish:
        chunk('{}', finishReason ?? 'stop') +
        (reportsUsage ? `data: ${head},"choices":[],"usage":${JSON.stringify(usage)}}\n\n` : ''),
      done: 'data: [DONE]\n\n',
      broken: `data: ${head},"choices":[{"index":0,"delta":{"content":"half of a\n\n`,
    }
  },
  error: (status, credential) =>
    JSON.stringify({
      error:
        status === 401
          ? {
              message: `Incorrect API key provided: ${credential}.`,
              type: 'invalid_request_error',
              param: null,
              code: 'invalid_api_key',
            }
          : status === 429
            ? { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' }
            : { message: 'The server had an error.', type: 'server_error', param: null, code: null },
    }),
}

export const anthropicWire: Wire = {
  reply({ finishReason }, tokens, promptTokens, model) {
    const event = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: promptTokens,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 1,
      },
    }
    const start = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
    return {
      opening: event('message_start', { message }) + start + event('ping', {}),
      tokens: tokens.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
      finish:
        event('content_block_stop', { index: 0 }) +
        event('message_delta', {
          delta: { stop_reason: finishReason ?? 'end_turn', stop_sequence: null },
          usage: { output_tokens: tokens.length },
        }),
      done: event('message_stop', {}),
      broken:
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"half of a\n\n',
    }
  },
  error(status, credential) {
    const [type, message] =
      status === 401
        ? ['authentication_error', `invalid x-api-key: ${credential}`]
        : status === 429
          ? ['rate_limit_error', 'This request would exceed your rate limit.']
          : ['api_error', 'Internal server error']
    return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' })
  },
}

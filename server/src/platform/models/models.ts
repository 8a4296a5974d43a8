/** The models port: who writes answers and who turns text into vectors. Adapters live beside this file. */

export interface ModelMessage {
  role: 'user' | 'assistant'
  content: string
}

/** A passage offered to the model as evidence; `number` is what the answer cites as `[number]`. */
export interface Evidence {
  number: number
  title: string
  text: string
  /** How well it answers, as retrieval's fused score. */
  score: number
  /** The owner's own answer to what was asked, rather than a part of a page. */
  isPair?: boolean
}

export interface ChatModelRequest {
  model: string
  /** Instructions, with the evidence already written into them for models that read prompts. */
  system: string
  /** Oldest first; the last one is the visitor's message. */
  messages: ModelMessage[]
  /** The same evidence as data, for the built-in model, which quotes it. */
  evidence: Evidence[]
  /** What to say when the evidence holds no answer. */
  unknownAnswer: string
  temperature: number | null
  maxOutputTokens: number
  /** Told of every call over the network that is made for the reply, a second try too. */
  onCall?: () => void
}

export interface ModelFinish {
  finish: 'stop' | 'length'
  /** Null where the provider does not tell. */
  usage: { inputTokens: number; outputTokens: number } | null
}

export type ChatModelChunk = { text: string } | ModelFinish

export interface ChatModel {
  /** `openai`, `anthropic` or `built-in`. */
  readonly provider: string
  /**
   * Streams one reply: text chunks (what arrives in one turn of the event loop is joined), then exactly one `finish`.
   * Throws ModelError; aborting `signal` ends the call upstream and throws the signal's reason.
   */
  stream(request: ChatModelRequest, signal: AbortSignal): AsyncIterable<ChatModelChunk>
}

export interface EmbeddingSpace {
  provider: string
  model: string
  dimensions: number
}

export interface EmbeddingModel {
  readonly space: EmbeddingSpace
  /** Tokens of the model's own window; longer input is cut by the model, so it is embedded in windows too. */
  readonly maxTokens: number
  /** Whether the model understands languages other than English. */
  readonly isMultilingual: boolean
  /** One unit vector per text, in order. Throws ModelError. */
  embed(texts: string[], kind: 'query' | 'passage', signal?: AbortSignal): Promise<Float32Array[]>
}

export type ModelErrorCode = 'llm_auth_failed' | 'llm_unavailable' | 'llm_timeout'

export class ModelError extends Error {
  readonly code: ModelErrorCode
  /** Whether another try may succeed (used before the first token only). */
  readonly isRetryable: boolean
  readonly retryAfterMs: number | null

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { cause?: unknown; isRetryable?: boolean; retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'ModelError'
    this.code = code
    this.isRetryable = options.isRetryable ?? false
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** What the chat endpoints say: the request, the events of a stream, and their limits. */

export const finishReasons = ['stop', 'length', 'blocked', 'quota_exceeded', 'cancelled', 'error'] as const
export type FinishReason = (typeof finishReasons)[number]

export type StreamErrorCode =
  | 'quota_exceeded'
  | 'llm_auth_failed'
  | 'llm_unavailable'
  | 'llm_timeout'
  | 'key_revoked'
  | 'server_restarting'
  | 'internal_error'

/** A quote that stands word for word in the passage it names; `index` is the number in the answer's text. */
export interface Citation {
  index: number
  title: string
  url: string | null
  quote: string
}

export type ChatEvent =
  | { event: 'meta'; data: { session_id: string; message_id: number } }
  | { event: 'token'; data: { text: string } }
  | { event: 'blocked'; data: { reason: 'blocked_pattern'; fallback: string } }
  | { event: 'citations'; data: { citations: Citation[] } }
  | { event: 'error'; data: StreamError }
  | { event: 'done'; data: { finish_reason: FinishReason } }

export type StreamError =
  | { code: 'quota_exceeded'; message: string; plan: string; used: number; cap: number }
  | { code: Exclude<StreamErrorCode, 'quota_exceeded'>; message: string }

export const chatLimits = {
  bodyBytes: 64 * 1024,
  jsonDepth: 32,
  messageCodePoints: 4_000,
  visitorIdCodePoints: 256,
  metadataKeys: 50,
  metadataBytes: 8 * 1024,
} as const

/** A refusal the caller may see. Everything else that is thrown becomes `internal_error` and never leaves. */
import { type ErrorCode, errors } from '@mevichat/protocol/errors.ts'

export class Refusal extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** Headers the answer carries beside the body, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, options: { cause?: unknown; headers?: Record<string, string> } = {}) {
    const [status, message] = errors[code]
    super(message, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.status = status
    this.headers = options.headers ?? {}
  }
}

/** `throw fail('origin_not_allowed')` */
export function fail(code: ErrorCode, options?: { cause?: unknown; headers?: Record<string, string> }): Refusal {
  return new Refusal(code, options)
}

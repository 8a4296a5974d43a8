/** A refusal the caller may see. Everything else that is thrown becomes `internal_error` and never leaves. */
import { type ErrorCode, errors } from '@mevichat/protocol/errors.ts'

interface RefusalOptions {
  cause?: unknown
  headers?: Record<string, string>
  detail?: string
}

export class Refusal extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** Headers the answer carries beside the body, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>
  /** What exactly is wrong, in words for the caller. */
  readonly detail: string | undefined

  constructor(code: ErrorCode, options: RefusalOptions = {}) {
    const [status, message] = errors[code]
    super(message, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.status = status
    this.headers = options.headers ?? {}
    this.detail = options.detail
  }
}

/** `throw fail('origin_not_allowed')` */
export function fail(code: ErrorCode, options?: RefusalOptions): Refusal {
  return new Refusal(code, options)
}

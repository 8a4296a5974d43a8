/** Why an address could not be fetched: a code for programs, a sentence for the owner. */

export type FetchProblemCode =
  | 'invalid_url'
  | 'unsupported_scheme'
  | 'blocked_address'
  | 'dns'
  | 'tls'
  | 'connection'
  | 'timed_out'
  | 'too_many_redirects'
  | 'too_large'
  | 'unsupported_encoding'
  | 'http_status'

/** What may be different in a minute. */
const passing: ReadonlySet<FetchProblemCode> = new Set(['dns', 'connection', 'timed_out'])

export class FetchProblem extends Error {
  readonly code: FetchProblemCode
  /** The HTTP status, with `http_status` alone. */
  readonly status: number | null
  /** When the site wants to be asked again; null where it does not say. */
  readonly retryAfterMs: number | null

  /** `message` is a whole sentence that the owner reads. */
  constructor(
    code: FetchProblemCode,
    message: string,
    options: { status?: number; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'FetchProblem'
    this.code = code
    this.status = options.status ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
  }

  /** Whether another try later may succeed. */
  get isPassing(): boolean {
    return passing.has(this.code) || (this.status !== null && (this.status === 429 || this.status >= 500))
  }
}

export function problemOfStatus(status: number, retryAfter?: string): FetchProblem {
  return new FetchProblem('http_status', statusSentence(status), { status, retryAfterMs: msOf(retryAfter) })
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function msOf(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined) return null
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return ms > 0 ? ms : null
}

function statusSentence(status: number): string {
  if (status === 401 || status === 403)
    return `The site does not let us read this page without a login (HTTP ${status}).`
  if (status === 404 || status === 410) return `There is no page at this address (HTTP ${status}).`
  if (status === 429) return 'The site asks us to come back later (HTTP 429).'
  if (status >= 500) return `The site has a fault of its own (HTTP ${status}).`
  return `The site answered with HTTP ${status}.`
}

/** What Node says of a name, a connection or a certificate, in our words. */
export function problemOfError(error: unknown, host: string): FetchProblem {
  if (error instanceof FetchProblem) return error
  const code = codeOf(error)
  const problem = (name: FetchProblemCode, sentence: string) => new FetchProblem(name, sentence, { cause: error })
  if (/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(code)) return problem('dns', `There is no server named ${host}.`)
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code))
    return problem('tls', `${host} has no certificate that can be trusted (${code}).`)
  if (/^(Z_|ERR_ZLIB|ERR__ERROR)/.test(code)) return problem('connection', `${host} sent broken gzip data.`)
  if (code === 'ECONNREFUSED') return problem('connection', `${host} refused the connection.`)
  return problem('connection', `The connection to ${host} broke off.`)
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/**
 * What went wrong upstream, as a ModelError. A provider's own words never get into one: they may repeat a credential or
 * the prompt. Only a code made of letters and underscores does, for the operator's log.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { ModelError } from './models.ts'

/** As much of a refusal is read: its code stands within that. */
export const maxRefusalBytes = 16 * 1024

export interface RefusedCall {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** The model does not take a parameter that we can do without. */
export class ParameterRefused extends ModelError {
  readonly parameter: string
  constructor(provider: string, parameter: string) {
    super('llm_unavailable', `${provider} does not take ${parameter} for this model`)
    this.parameter = parameter
  }
}

/** An answer with another status than 200. `optional` names the parameters of the call that can be left out. */
export function statusFailure(provider: string, refused: RefusedCall, optional: readonly string[] = []): ModelError {
  const { status, headers, body } = refused
  if (status === 400 || status === 422) {
    const parameter = optional.find((name) => new RegExp(`\\b${name}\\b`).test(body))
    if (parameter) return new ParameterRefused(provider, parameter)
  }
  const message = `${provider} answered ${status}${codeIn(body)}`
  if (status === 401 || status === 403) return new ModelError('llm_auth_failed', message)
  const isRetryable = status === 408 || status === 429 || status >= 500
  const retryAfterMs = retryAfter(headers)
  return new ModelError('llm_unavailable', message, { isRetryable, ...(retryAfterMs !== null && { retryAfterMs }) })
}

/** An `error` event in a stream that began well; `kind` is the provider's own type or code. */
export function eventFailure(provider: string, kind: unknown): ModelError {
  const code = typeof kind === 'string' && isPlainCode(kind) ? kind : 'error'
  return /auth|api_key|permission/.test(code)
    ? new ModelError('llm_auth_failed', `${provider} broke off: ${code}`)
    : new ModelError('llm_unavailable', `${provider} broke off: ${code}`, { isRetryable: true })
}

/** The connection could not be made, or broke. */
export function connectionFailure(provider: string, error: Error): ModelError {
  const code = 'code' in error ? String(error.code) : error.name
  return new ModelError(
    code === 'UND_ERR_CONNECT_TIMEOUT' ? 'llm_timeout' : 'llm_unavailable',
    `the connection to ${provider} failed: ${code}`,
    { cause: error, isRetryable: true },
  )
}

export function malformed(provider: string, what: string): ModelError {
  return new ModelError('llm_unavailable', `${provider} sent ${what}`)
}

function codeIn(body: string): string {
  try {
    const { error }: { error?: { code?: unknown; type?: unknown } } = JSON.parse(body)
    const code = [error?.code, error?.type].find((one) => typeof one === 'string' && isPlainCode(one))
    return code === undefined ? '' : ` (${code})`
  } catch {
    return ''
  }
}

function isPlainCode(text: string): boolean {
  return /^[a-z_]{1,64}$/.test(text)
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(headers: IncomingHttpHeaders): number | null {
  const value = headers['retry-after']
  if (!value) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

/**
 * Tries an account with its provider, by a real request, and says in words what is wrong with it. No word of the provider's
 * answer gets into them: some repeat the key.
 */
import { type Dispatcher, request } from 'undici'
import { problemOfError } from '../fetch-problem.ts'
import { anthropicHeaders, anthropicUrl, anthropicWire } from './anthropic.ts'
import { maxRefusalBytes } from './failures.ts'
import { openAiHeaders, openAiUrl, openAiWire } from './openai.ts'
import type { Call } from './wire.ts'

export type AccountProblemCode =
  | 'key_refused'
  | 'model_missing'
  | 'no_quota'
  | 'too_many_requests'
  | 'not_reachable'
  | 'blocked_address'
  | 'not_a_provider'
  | 'timed_out'
  | 'failing'

export interface AccountProblem {
  code: AccountProblemCode
  /** A whole sentence for the owner. */
  message: string
}

export interface TestedAccount {
  provider: 'openai' | 'anthropic'
  apiKey: string
  baseUrl: string
}

interface Tried {
  status: number
  type: string
  body: string
}

/** For each of the two requests. */
const patienceMs = 10_000
/** A list of some hundred models. */
const maxListBytes = 2_000_000
const fewTokens = 16

/**
 * Asks for the list of models, which shows whether the key is taken, and then, where a model is named, for a word of it.
 * Null when all is well.
 */
export async function testAccount(
  pool: Dispatcher,
  account: TestedAccount,
  model: string | null,
  timeoutMs = patienceMs,
): Promise<AccountProblem | null> {
  const { host } = new URL(account.baseUrl)
  try {
    const listed = await send(pool, { method: 'GET', ...listOf(account) }, timeoutMs)
    const hasNoList = listed.status === 404 || listed.status === 405
    if (!(hasNoList && model)) {
      const problem = problemOfList(host, listed)
      if (problem || !model) return problem
    }
    return problemOfChat(host, model, await send(pool, { method: 'POST', ...chatOf(account, model) }, timeoutMs))
  } catch (error) {
    return problemOfConnection(host, error, timeoutMs)
  }
}

function listOf(account: TestedAccount): Pick<Call, 'url' | 'headers'> {
  return account.provider === 'openai'
    ? { url: openAiUrl(account, 'models'), headers: openAiHeaders(account) }
    : { url: anthropicUrl(account, 'models'), headers: anthropicHeaders(account) }
}

function chatOf(account: TestedAccount, model: string): Call {
  const wire = account.provider === 'openai' ? openAiWire(account) : anthropicWire(account)
  const messages = [{ role: 'user' as const, content: 'Say OK.' }]
  const asked = { model, messages, maxOutputTokens: fewTokens, temperature: null, system: 'Say OK.' }
  return wire.call({ ...asked, evidence: [], unknownAnswer: '' }, new Set())
}

async function send(
  pool: Dispatcher,
  { method, url, headers, body }: Pick<Call, 'url' | 'headers'> & { method: 'GET' | 'POST'; body?: string },
  timeoutMs: number,
): Promise<Tried> {
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await request(url, { dispatcher: pool, method, headers, body: body ?? null, signal })
  const type = answer.headers['content-type']?.toString() ?? ''
  const parts: Buffer[] = []
  const enough = answer.statusCode === 200 ? maxListBytes : maxRefusalBytes
  let size = 0
  // Of a stream that has begun well no more is needed; leaving the loop ends it.
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    parts.push(part)
    size += part.length
    if (size > enough || type.startsWith('text/event-stream')) break
  }
  return { status: answer.statusCode, type, body: Buffer.concat(parts).subarray(0, enough).toString('utf8') }
}

function problemOfList(host: string, answer: Tried): AccountProblem | null {
  if (answer.status === 200)
    return isList(answer.body) ? null : notAProvider(host, 'it answers with something else than a list of models')
  return problemOfStatus(host, answer) ?? notAProvider(host, `it has no list of models (HTTP ${answer.status})`)
}

function problemOfChat(host: string, model: string, answer: Tried): AccountProblem | null {
  const { status, type, body } = answer
  if (status === 200) return type.startsWith('text/event-stream') ? null : notAProvider(host, 'it does not stream')
  const isRefused = status === 400 || status === 422
  if (
    status === 404 ||
    (isRefused && /model_not_found|"param": ?"model"|model[^.]{0,200}(not found|not exist|unknown|invalid)/i.test(body))
  )
    return { code: 'model_missing', message: `${host} has no model ${model} for this key.` }
  // What else it refuses are parameters, which are left out in earnest: key, address and model are good.
  return problemOfStatus(host, answer) ?? (isRefused ? null : notAProvider(host, `it answers with HTTP ${status}`))
}

/** What a status says whatever was asked. */
function problemOfStatus(host: string, { status, body }: Tried): AccountProblem | null {
  if (status === 401 || status === 403)
    return { code: 'key_refused', message: `${host} refuses this key (HTTP ${status}).` }
  if (status === 402 || (status >= 400 && status < 500 && /insufficient_quota|credit balance|billing/i.test(body)))
    return { code: 'no_quota', message: `${host} takes this key, but its account has no credit or quota left.` }
  if (status === 429)
    return { code: 'too_many_requests', message: `${host} is asked too often with this key at the moment (HTTP 429).` }
  if (status >= 300 && status < 400)
    return notAProvider(host, 'it redirects, and a key is never sent on. Give the address that it leads to')
  if (status >= 500) return { code: 'failing', message: `${host} has a fault of its own (HTTP ${status}).` }
  return null
}

function notAProvider(host: string, why: string): AccountProblem {
  const message = `${host} does not answer as such a provider does: ${why}. Look at the path of the address, too.`
  return { code: 'not_a_provider', message }
}

function problemOfConnection(host: string, error: unknown, timeoutMs: number): AccountProblem {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (error instanceof Error && error.name === 'TimeoutError'))
    return { code: 'timed_out', message: `${host} did not answer within ${timeoutMs / 1_000} seconds.` }
  const problem = problemOfError(error, host)
  const isBlocked = problem.code === 'blocked_address' || problem.code === 'unsupported_scheme'
  return { code: isBlocked ? 'blocked_address' : 'not_reachable', message: problem.message }
}

function isList(body: string): boolean {
  try {
    const { data, models }: { data?: unknown; models?: unknown } = JSON.parse(body)
    return Array.isArray(data) || Array.isArray(models)
  } catch {
    return false
  }
}

/** Cases as their files hold them, and how one becomes the bytes of a request. */
import { randomUUID } from 'node:crypto'

export interface Case {
  id: string
  endpoint: string
  request: {
    /** `RAW`: the body is all that is sent, request line and headers included. */
    method: string
    path: string
    headers: Record<string, string>
    body?: unknown
    bodyBase64?: string
  }
  expect: { status: number | number[]; errorCode?: string; property?: string; repeat?: number }
  why: string
}

export interface Expanded {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer | null
}

/** Gives what stands for `{{NAME}}`; throws when nobody knows the name. */
export type Names = (name: string) => string

/** `attempt` counts from 0 and stands for `{{i}}`; `{{SID}}` is a fresh UUID, the same throughout one request. */
export function expand({ request }: Case, names: Names, attempt = 0): Expanded {
  const sessionId = randomUUID()
  const own: Record<string, string> = { i: String(attempt), SID: sessionId, SID_UPPER: sessionId.toUpperCase() }
  const fill = (text: string) =>
    text.replace(/\{\{(i|(?=\w*[A-Z])[A-Z0-9_]+)\}\}/g, (_, name: string) => own[name] ?? names(name))
  return {
    method: request.method,
    path: fill(request.path ?? '/'),
    headers: Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name, fill(value)])),
    body: bodyOf(request, fill),
  }
}

const plainChat = { public_key: '{{KEY_OPEN}}', session_id: '{{SID}}', message: 'hi' }

function bodyOf({ body, bodyBase64 }: Case['request'], fill: (text: string) => string): Buffer | null {
  if (bodyBase64) return Buffer.from(fill(Buffer.from(bodyBase64, 'base64').toString('latin1')), 'latin1')
  if (typeof body === 'string') return Buffer.from(fill(body))
  if (!isObject(body)) return null
  if (body.$gen === 'nest' && Array.isArray(body.$nest)) {
    const [open, close] = body.$nest.map(String)
    return Buffer.from((open ?? '').repeat(Number(body.n)) + (close ?? '').repeat(Number(body.n)))
  }
  if (body.$gen === 'jsonWithPadding') return jsonOf({ ...plainChat, pad: 'a'.repeat(Number(body.bytes)) }, fill)
  return jsonOf(body.$gen === 'chat' ? { ...plainChat, ...body } : body, fill)
}

function jsonOf(value: unknown, fill: (text: string) => string): Buffer {
  return Buffer.from(JSON.stringify(generated(value, fill)))
}

/** `{$repeat, n, prefix}` is a long text, `{$keys}` an object of so many keys. */
function generated(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((one) => generated(one, fill))
  if (!isObject(value)) return value
  if ('$repeat' in value) return `${value.prefix ?? ''}${String(value.$repeat).repeat(Number(value.n))}`
  if ('$keys' in value) {
    return Object.fromEntries(Array.from({ length: Number(value.$keys) }, (_, at) => [`k${at}`, 'v']))
  }
  const kept = Object.entries(value).filter(([key]) => key !== '$gen')
  return Object.fromEntries(kept.map(([key, one]) => [key, generated(one, fill)]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

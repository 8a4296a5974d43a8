/** The owner's API, typed by what `protocol/` declares. The dashboard has no other way to the server. */
import type { ErrorCode } from '@mevichat/protocol/errors.ts'
import type { Operation } from '@mevichat/protocol/operation.ts'
import { operationPaths } from '@mevichat/protocol/operation-paths.ts'
import type { operations } from '@mevichat/protocol/operations.ts'
import type { z } from 'zod'

type Operations = typeof operations
export type OperationName = keyof Operations & keyof typeof operationPaths

type Names<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}` ? Name | Names<Rest> : never
type Params<O extends Operation> = [Names<O['path']>] extends [never]
  ? { params?: never }
  : { params: Record<Names<O['path']>, string> }
type Query<O extends Operation> = O['query'] extends z.ZodType ? { query?: z.input<O['query']> } : { query?: never }
type Body<O extends Operation> = O extends { takes: string }
  ? { body: FormData | Blob }
  : O['body'] extends z.ZodType
    ? { body: z.input<O['body']> }
    : { body?: never }

/** `ifMatch`: the ETag of what was read, for a change. */
export type Input<Name extends OperationName> = Params<Operations[Name]> &
  Query<Operations[Name]> &
  Body<Operations[Name]> & { ifMatch?: string }

export type Output<Name extends OperationName> = Operations[Name]['answer'] extends z.ZodType
  ? z.output<Operations[Name]['answer']>
  : null

export interface Tagged<T> {
  data: T
  /** For `ifMatch` of a change. */
  etag: string
}

/** A refusal of the server, or `unreachable`. `message` is for people. */
export class ApiError extends Error {
  readonly code: ErrorCode | 'unreachable'
  readonly status: number

  constructor(code: ErrorCode | 'unreachable', status: number, detail: string | undefined) {
    super(detail ?? code)
    this.name = 'ApiError'
    this.code = code
    this.status = status
  }
}

/** Throws ApiError. Whoever is not signed in is sent to the sign-in page and comes back here. */
export async function call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
  return (await callTagged(name, input)).data
}

/** As `call`, with the ETag of the answer. */
export async function callTagged<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
  signal?: AbortSignal,
): Promise<Tagged<Output<Name>>> {
  const { body, ifMatch } = input
  const isJson = body !== undefined && !(body instanceof FormData || body instanceof Blob)
  const response = await fetch(addressOf(name, input as Addressed), {
    method: operationPaths[name][0],
    headers: {
      ...(isJson && { 'content-type': 'application/json' }),
      ...(ifMatch && { 'if-match': ifMatch }),
    },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new ApiError('unreachable', 0, undefined)
  })
  if (!response.ok) throw await errorOf(response)
  const data = response.status === 204 ? null : await response.json()
  return { data, etag: response.headers.get('etag') ?? '' }
}

export interface Addressed {
  params?: Record<string, string> | undefined
  query?: object | undefined
}

/** Where an operation is: for links to downloads and for streams. */
export function addressOf(name: OperationName, { params, query }: Addressed): string {
  const values = params ?? {}
  const path = operationPaths[name][1].replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(values[key] ?? ''))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  }
  return search.size > 0 ? `${path}?${search}` : path
}

async function errorOf(response: Response): Promise<ApiError> {
  const answer: { error?: ErrorCode; detail?: string } = await response.json().catch(() => ({}))
  if (response.status === 401) leaveToSignIn()
  return new ApiError(answer.error ?? 'internal_error', response.status, answer.detail)
}

function leaveToSignIn(): void {
  const back = location.pathname + location.search + location.hash
  location.assign(`/sign-in/?next=${encodeURIComponent(back)}`)
}

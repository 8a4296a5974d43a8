/** The doors of the owner's API: what `protocol/` declares is checked here, in one order, before a slice is asked. */
import { createHash } from 'node:crypto'
import { isMatched, type Operation, type Operations } from '@mevichat/protocol/operation.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type Handler, type HttpApp } from '../platform/http/app.ts'
import { parseJsonObject, readBody } from '../platform/http/body.ts'
import { isUuid } from '../platform/id.ts'
import type { Limiter } from '../platform/limit.ts'
import type { Log } from '../platform/log.ts'
import { type AuthPorts, authenticateMember, authenticatePerson, type Person } from './authenticate.ts'
import { type Member, requireMay } from './workspaces.ts'

export interface OperationPorts extends AuthPorts {
  limiter: Limiter
  log: Log
}

type Names<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}` ? Name | Names<Rest> : never

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined
// biome-ignore lint/suspicious/noConfusingVoidType: of a function that returns nothing
type Answered<Schema> = Schema extends z.ZodType ? z.input<Schema> : Schema extends string ? FastifyReply : void

/** What a handler is given: everything in it has been checked, and the caller may do it. */
export interface Call<O extends Operation = Operation> {
  /** Whose workspace it is and with which role; where `needs` is `person`, who it is. */
  caller: O['needs'] extends 'person' ? Person : Member
  /** Ids are in lower case. */
  params: Record<Names<O['path']>, string>
  query: Parsed<O['query']>
  body: Parsed<O['body']>
  request: FastifyRequest
  reply: FastifyReply
  /** Of a change: throws `changed_meanwhile` unless `If-Match` names what stands. Ask it inside the transaction, of the locked row. */
  requireMatch(current: object): void
}

export type Handlers<Ops extends Operations> = {
  [Name in keyof Ops]: (call: Call<Ops[Name]>) => Promise<Answered<Ops[Name]['answer']>>
}

interface Options {
  /** Runs once the caller's role is known, before query and body are read: whether the bot of the path is there, say. */
  before?(call: { caller: Member; params: Record<string, string> }): Promise<void>
  bodyBytes?: number
}

const perMinute = 300
const defaultBodyBytes = 256 * 1024
const jsonDepth = 16

/** Of each path one endpoint, with a handler for each operation that is declared for it. */
export function addOperations<const Ops extends Operations>(
  app: HttpApp,
  ports: OperationPorts,
  operations: Ops,
  handlers: Handlers<Ops>,
  options: Options = {},
): void {
  const byPath = Map.groupBy(Object.entries(operations), ([, { path }]) => path)
  for (const [path, found] of byPath) {
    const methods = found.map(([name, operation]): [string, Handler] => [
      operation.method,
      // The compiler has matched each handler to its operation; a table of them all has no one type.
      handlerOf(ports, operation, handlers[name as keyof Ops] as unknown as AnyHandler, options),
    ])
    const isUpload = found.some(([, { takes }]) => takes === 'multipart/form-data')
    addEndpoint(app, ports, { path, methods: Object.fromEntries(methods), isUpload })
  }
}

type AnyHandler = (call: unknown) => Promise<unknown>

function handlerOf(ports: OperationPorts, operation: Operation, handler: AnyHandler, options: Options): Handler {
  return async (request, reply) => {
    const caller = await enter(ports, operation, request)
    const params = readParams(request)
    if ('role' in caller) await options.before?.({ caller, params })
    const query = operation.query && check(operation.query, request.query)
    const body = operation.body && check(operation.body, await readJson(request, options.bodyBytes ?? defaultBodyBytes))
    const ifMatch = readIfMatch(operation, request)
    const requireMatch = (current: object) => {
      if (ifMatch !== '*' && ifMatch !== etagOf(operation, current)) throw fail('changed_meanwhile')
    }
    const result = await handler({ caller, params, query, body, request, reply, requireMatch })
    return answer(operation, result, request, reply)
  }
}

/** In this order: who is it, not too often, a workspace of theirs, a role that is high enough. */
async function enter(ports: OperationPorts, { needs }: Operation, request: FastifyRequest): Promise<Person | Member> {
  const person = await authenticatePerson(ports, request, 'not_authenticated')
  await ports.limiter.take('api', perMinute, person.userId)
  if (needs === 'person') return person
  const member = await authenticateMember(ports, person, (request.params as Record<string, string>).workspaceId)
  requireMay(member, needs)
  return member
}

function readParams(request: FastifyRequest): Record<string, string> {
  const read = Object.entries(request.params as Record<string, string>).map(([name, value]) => {
    if (!name.endsWith('Id')) return [name, value] as const
    if (!isUuid(value)) throw fail('not_found')
    return [name, value.toLowerCase()] as const
  })
  return Object.fromEntries(read)
}

async function readJson(request: FastifyRequest, maxBytes: number): Promise<unknown> {
  return parseJsonObject(await readBody(request.raw, maxBytes), jsonDepth)
}

/** Throws `invalid_request` with what is wrong in words, field by field. */
function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  throw fail('invalid_request', { cause: parsed.error, detail: problems.join('; ') })
}

/** RFC 9110 §13.1.1. Throws `precondition_required` where a change needs one: RFC 6585 §3. */
function readIfMatch(operation: Operation, request: FastifyRequest): string | undefined {
  if (!isMatched(operation)) return undefined
  const header = request.headers['if-match']
  if (!header) throw fail('precondition_required')
  return header.trim()
}

/** Strong: two answers that differ in what counts have different ones. */
function etagOf({ versionOf }: Operation, answered: object): string {
  const text = JSON.stringify(versionOf?.(answered))
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
}

function answer(operation: Operation, result: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { answer: schema, status, versionOf } = operation
  if (typeof schema === 'string') return reply
  reply.code(status).header('cache-control', 'no-store')
  if (schema === null) return reply.send()
  // What an operation may not say is not said, and what it must say is there; else it is our own mistake.
  const answered = schema.parse(result)
  if (!versionOf) return reply.send(answered)
  const etag = etagOf(operation, answered as object)
  reply.header('etag', etag)
  if (operation.method === 'GET' && request.headers['if-none-match'] === etag) return reply.code(304).send()
  return reply.send(answered)
}

/** How a thrown error becomes an answer. Nothing of an unknown error leaves but a request id. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseDown } from '../db/db.ts'
import { fail, Refusal } from '../fail.ts'
import type { Log } from '../log.ts'
import { lingering } from './body.ts'

/** The published text names the field `detail` on the export endpoint and `error` everywhere else. */
export type ErrorField = 'error' | 'detail'

export function refuse(reply: FastifyReply, refusal: Refusal, field: ErrorField = 'error'): FastifyReply {
  reply.code(refusal.status).header('cache-control', 'no-store')
  for (const [name, value] of Object.entries(refusal.headers)) reply.header(name, value)
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
  if (reply.request.method === 'HEAD') return reply.send()
  const { code, detail } = refusal
  const answer = JSON.stringify({ [field]: code, ...(field === 'error' && detail && { detail }) })
  reply.type('application/json; charset=utf-8')
  const { raw } = reply.request
  if (raw.complete || reply.getHeader('connection') !== 'close') return reply.send(answer)
  reply.header('content-length', Buffer.byteLength(answer))
  return reply.send(Readable.from(lingering(answer, raw), { objectMode: false }))
}

/** The Refusal that an error amounts to; an unknown one is logged under the request's id. */
export function refusalOf(error: unknown, request: FastifyRequest, log: Log): Refusal {
  if (error instanceof Refusal) return error
  if (isDatabaseDown(error)) {
    log.error({ requestId: request.id, err: error }, 'the database is not reachable')
    return fail('unavailable', { cause: error, headers: { 'retry-after': '5' } })
  }
  // Fastify's own refusals of a request (a bad URL, say) carry a 4xx status.
  if (isClientFault(error)) return fail('invalid_request', { cause: error })
  log.error({ requestId: request.id, err: error }, 'unexpected error')
  return fail('internal_error', { cause: error, headers: { 'x-request-id': request.id } })
}

function isClientFault(error: unknown): boolean {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500
}

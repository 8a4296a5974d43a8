/** Requests that change something come from our own pages, or from no page at all. */
import type { FastifyRequest } from 'fastify'
import { fail } from '../fail.ts'
import { parseJsonObject, readBody } from './body.ts'

const maxBytes = 16 * 1024

/** Throws `forbidden` for what another site's page sends: browsers name the origin of every POST and DELETE. */
export function requireOwnOrigin(publicUrl: string, { headers }: FastifyRequest): void {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (origin !== undefined ? origin !== publicUrl : site !== undefined && site !== 'same-origin')
    throw fail('forbidden')
}

/** The JSON of an own page or a program. A form of another site can send no JSON: `forbidden`. */
export async function readOwnJson(publicUrl: string, request: FastifyRequest): Promise<Record<string, unknown>> {
  requireOwnOrigin(publicUrl, request)
  if (typeOf(request) !== 'application/json') throw fail('forbidden')
  return parseJsonObject(await readBody(request.raw, maxBytes), 4)
}

/** The fields of a form on an own page. */
export async function readOwnForm(publicUrl: string, request: FastifyRequest): Promise<Record<string, string>> {
  requireOwnOrigin(publicUrl, request)
  if (typeOf(request) !== 'application/x-www-form-urlencoded') throw fail('forbidden')
  return Object.fromEntries(new URLSearchParams((await readBody(request.raw, maxBytes)).toString()))
}

function typeOf({ headers }: FastifyRequest): string | undefined {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
}

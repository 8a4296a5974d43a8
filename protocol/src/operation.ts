/** How an operation of the owner's API is declared: once, for the server's doors, the OpenAPI document and the dashboard. */
import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { Action } from './roles.ts'

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With a slash at its end. Parameters that end in `Id` are UUIDs. */
  path: string
  /** What the caller's role must allow; `person` is for what belongs to somebody rather than to a workspace. */
  needs: Action | 'person'
  /** What it does, in a sentence for people. */
  about: string
  query?: z.ZodObject
  body?: z.ZodType
  /** Of success. */
  status: 200 | 201 | 202 | 204
  /** What is answered as JSON; a media type where it is something else; null for nothing. */
  answer: z.ZodType | `${string}/${string}` | null
  /** The media type of a body that is not JSON. */
  takes?: string
  /**
   * The answer has an ETag and a change needs `If-Match`. Of an answer, what counts as a change: a "last used" does not.
   * The same function on all operations of a resource.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each resource has an answer of its own
  versionOf?: (answer: any) => unknown
  /** Of a POST on a resource with a version: it is a change of what was read, and needs `If-Match` too. */
  needsMatch?: boolean
  /** What it refuses beside what every operation may: bad fields, a missing or foreign token, too low a role, too many requests. */
  refuses?: readonly ErrorCode[]
}

export type Operations = Readonly<Record<string, Operation>>

/** Keeps the exact types of what is declared. */
export function declare<const O extends Operations>(operations: O): O {
  return operations
}

/** Whether it says with `If-Match` what it changes. */
export function isMatched({
  method,
  versionOf,
  needsMatch = method !== 'GET' && method !== 'POST',
}: Operation): boolean {
  return versionOf !== undefined && needsMatch
}

/** Fields of a query that is answered in pages. */
export const paging = {
  /** `next_cursor` of the page before. */
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
}

/** One page of a list under its noun: `{ bots: […], next_cursor }`. */
export function pageOf<const Noun extends string, Item extends z.ZodType>(noun: Noun, item: Item) {
  const shape = { [noun]: z.array(item), next_cursor: z.string().nullable() }
  return z.object(shape as Record<Noun, z.ZodArray<Item>> & { next_cursor: z.ZodNullable<z.ZodString> })
}

/** ISO 8601, UTC. */
export const instant = z.iso.datetime()

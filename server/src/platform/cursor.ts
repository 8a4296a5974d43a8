/** Where a page of a list ended, as an opaque string. */
import { fail, type Refusal } from './fail.ts'

export function encodeCursor(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** As it was encoded, of `length` strings. Throws `invalid_request` for anything else. */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(place) && place.length === length && place.every(isPlain)) return place
  } catch {}
  throw notACursor()
}

/** For a cursor whose strings are no place of the list. */
export function notACursor(): Refusal {
  return fail('invalid_request', { detail: 'cursor: is not one that was given' })
}

/** PostgreSQL takes no NUL. */
function isPlain(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

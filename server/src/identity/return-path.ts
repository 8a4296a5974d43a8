/** Where a sign-in leads: a path of this site and nothing else. */
import { fail } from '../platform/fail.ts'

export const home = '/app/'

/** Throws `invalid_request` for what a browser could read as another site, or as a script. */
export function returnPath(next: unknown): string {
  if (next === undefined || next === null || next === '') return home
  const path = typeof next === 'string' && next.length <= 2_000 ? next : ''
  // Browsers take `\` for `/`, and drop tabs and line breaks.
  if (!/^\/(?![/\\])[!-~]*$/.test(path) || path.includes('\\')) {
    throw fail('invalid_request', { detail: 'next must be a path that starts with one slash' })
  }
  return path
}

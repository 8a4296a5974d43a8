/** What is wrong with the database, and what to do about it. */
import { isDatabaseDown } from './platform/db/db.ts'
import { rootMessageOf, rootOf } from './platform/start-problem.ts'

/** Completes "pgvector …". */
export const pgvectorIsMissing =
  'is not installed on the database server. Install the package, such as postgresql-17-pgvector.'

/** By SQLSTATE and message; where a server wants a password or has no TLS, pg has words of its own and no code. */
const sentences: [RegExp, (reason: string) => string][] = [
  [/^3D000 /, (reason) => `is not there: ${reason}. Make it, or name another one in DATABASE_URL.`],
  [/^28|^ SASL/, (reason) => `refuses the user: ${reason}. Check the user and the password in DATABASE_URL.`],
  [
    /^42501 /,
    (reason) =>
      `refuses: ${reason}. Let the user of DATABASE_URL own the database, and a superuser run there: create extension vector`,
  ],
  [/^(0A000|58P01) .*extension "vector"/, () => `lacks pgvector, which ${pgvectorIsMissing}`],
  [/^ The server does not support SSL/, (reason) => `refuses: ${reason}. Check DATABASE_URL.`],
]

/** Completes "The database …"; null for what is no fault of it. */
export function databaseProblem(error: unknown): string | null {
  const root = rootOf(error)
  const code = root instanceof Error && 'code' in root ? String(root.code) : ''
  const reason = rootMessageOf(error)
  const [, sentence] = sentences.find(([said]) => said.test(`${code} ${reason}`)) ?? []
  if (sentence) return sentence(reason)
  return isDatabaseDown(error) ? `cannot be reached: ${reason}. Check DATABASE_URL and whether it runs.` : null
}

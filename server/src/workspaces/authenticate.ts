/** Who calls with a bearer token. */
import type { ErrorCode } from '@mevichat/protocol/errors.ts'
import { bearerToken, type TokenVerifier } from '../identity/tokens.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { findMember, type Member } from './workspaces.ts'

export interface AuthPorts {
  db: Db
  tokens: TokenVerifier
}

/** Throws `code` for no token or any fault of it, `no_workspace` and `forbidden` as `findMember` does. */
export async function authenticate(
  ports: AuthPorts,
  authorization: string | undefined,
  code: ErrorCode,
): Promise<Member> {
  const token = bearerToken(authorization)
  const claims = token === null ? null : await ports.tokens.verify(token)
  const member = claims && (await findMember(ports, claims))
  if (!member) throw fail(code)
  return member
}

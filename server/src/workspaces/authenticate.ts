/** Who calls: with a bearer token, or with the session of the dashboard. */
import type { ErrorCode } from '@mevichat/protocol/errors.ts'
import type { FastifyRequest } from 'fastify'
import { findUser } from '../identity/identity.ts'
import type { SessionReader } from '../identity/sessions.ts'
import { bearerToken, type TokenClaims, type TokenVerifier } from '../identity/tokens.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { isUuid, type UserId, type WorkspaceId } from '../platform/id.ts'
import { findMembership, type Member } from './workspaces.ts'

export interface AuthPorts {
  db: Db
  tokens: TokenVerifier
  sessions: SessionReader
  publicUrl: string
}

export interface Person {
  userId: UserId
  /** A token speaks for one workspace and reads nothing of another; a session for all that its person is a member of. */
  via: { token: string | null; verifiedEmail: string | null } | 'session'
}

/**
 * Throws `code` for neither a token nor a session, or any fault of it, and `forbidden` for what another site has its
 * visitor's browser do with the session.
 */
export async function authenticatePerson(ports: AuthPorts, request: FastifyRequest, code: ErrorCode): Promise<Person> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const { userId, claims } = await bearerOf(ports, authorization, code)
    return { userId, via: { token: claims.workspace, verifiedEmail: claims.verifiedEmail } }
  }
  const userId = await ports.sessions.userOf(request.headers)
  if (!userId) throw fail(code)
  requireOwnPage(ports, request)
  return { userId, via: 'session' }
}

/**
 * The caller in the workspace of the path, read at each request, so that a removed member reads nothing from then on.
 * Throws `not_found` for a workspace that is not theirs, `no_workspace` for a token that names none, `forbidden` when a
 * token's user is no member (any more) or the workspace is suspended.
 */
export async function authenticateMember(
  { db }: { db: Db },
  { userId, via }: Person,
  named: string | undefined,
): Promise<Member> {
  const workspaceId = isUuid(named) ? (named.toLowerCase() as WorkspaceId) : null
  if (via === 'session') {
    const member = workspaceId && (await findMembership({ db }, workspaceId, userId))
    if (!member) throw fail('not_found')
    return member
  }
  const member = await memberOfToken({ db }, userId, via.token)
  if (workspaceId !== member.workspaceId) throw fail('not_found')
  return member
}

/** The caller in the workspace that their bearer token names. Throws as the two above; a session is not looked at. */
export async function authenticate(
  ports: Pick<AuthPorts, 'db' | 'tokens'>,
  authorization: string | undefined,
  code: ErrorCode,
): Promise<Member> {
  const { userId, claims } = await bearerOf(ports, authorization, code)
  return memberOfToken(ports, userId, claims.workspace)
}

/** Whose token it is. Throws `code` for none, or any fault of it. */
async function bearerOf(
  ports: Pick<AuthPorts, 'db' | 'tokens'>,
  authorization: string | undefined,
  code: ErrorCode,
): Promise<{ userId: UserId; claims: TokenClaims }> {
  const token = bearerToken(authorization)
  const claims = token === null ? null : await ports.tokens.verify(token)
  const userId = claims && (await findUser(ports, claims))
  if (!userId) throw fail(code)
  return { userId, claims }
}

/** Throws `no_workspace` for a token that names none, `forbidden` when its user is no member (any more) or the workspace is suspended. */
export async function memberOfToken({ db }: { db: Db }, userId: UserId, workspace: string | null): Promise<Member> {
  if (workspace === null) throw fail('no_workspace')
  const member = isUuid(workspace) ? await findMembership({ db }, workspace.toLowerCase() as WorkspaceId, userId) : null
  if (!member) throw fail('forbidden')
  return member
}

/** A form of another site can send a cookie along, but neither JSON nor our origin. */
function requireOwnPage({ publicUrl }: AuthPorts, { method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  const isOurs = headers.origin === publicUrl || (!headers.origin && headers['sec-fetch-site'] === 'same-origin')
  // A browser says the length of what it sends even where it sends nothing.
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'text/plain' || (hasBody && !type)
  if (!isOurs || isForm) throw fail('forbidden')
}

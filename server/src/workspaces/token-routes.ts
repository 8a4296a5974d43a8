/** The doors at which tokens are got and checked: the exchange, the published keys, and a person's own tokens for scripts. */
import { personalTokenOperations } from '@mevichat/protocol/personal-tokens.ts'
import type { FastifyRequest } from 'fastify'
import { findPerson } from '../identity/identity.ts'
import type { Issuer } from '../identity/issuer.ts'
import { bearerToken } from '../identity/tokens.ts'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import { parseJsonObject, readBody } from '../platform/http/body.ts'
import type { ClientIp } from '../platform/http/client-ip.ts'
import { isUuid, type PersonalTokenId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { authenticatePerson } from './authenticate.ts'
import { addOperations, type OperationPorts } from './operations.ts'
import {
  createPersonalToken,
  listPersonalTokens,
  type PersonalToken,
  revokePersonalToken,
  usePersonalToken,
} from './personal-tokens.ts'
import { findMembership } from './workspaces.ts'

export interface TokenRoutePorts extends OperationPorts {
  issuer: Issuer
  clientIp: ClientIp
}

const exchangesPerMinute = 60
const bodyBytes = 4 * 1024

export function addTokenRoutes(app: HttpApp, ports: TokenRoutePorts): void {
  addEndpoint(app, ports, {
    path: '/api/auth/token/',
    methods: {
      async POST(request, reply) {
        await ports.limiter.take('token', exchangesPerMinute, ports.clientIp(request.raw))
        const { userId, workspaceId } = await askedFor(ports, request)
        const person = await findPerson(ports, userId)
        if (!person) throw fail('not_authenticated')
        const member = workspaceId && (await findMembership(ports, workspaceId, userId))
        if (!member) throw fail('forbidden')
        const { token, expiresIn } = await ports.issuer.sign({ ...member, email: person.email })
        return reply.header('cache-control', 'no-store').send({ token, expires_in: expiresIn })
      },
    },
  })

  addEndpoint(app, ports, {
    path: '/.well-known/jwks.json',
    methods: {
      async GET(_request, reply) {
        const keys = await ports.issuer.publicKeys()
        return reply
          .header('cache-control', 'public, max-age=300')
          .header('access-control-allow-origin', '*')
          .send({ keys })
      },
    },
  })

  addOperations(app, ports, personalTokenOperations, {
    async listPersonalTokens({ caller: { workspaceId, userId } }) {
      const found = await listPersonalTokens(ports, workspaceId, userId)
      return { personal_tokens: found.map(personalTokenAnswer) }
    },
    async createPersonalToken({ caller: { workspaceId, userId }, body }) {
      const { name, expires_in_days: expiresInDays = null } = body
      const made = await createPersonalToken(ports, workspaceId, userId, { name, expiresInDays })
      return { ...personalTokenAnswer(made), token: made.token }
    },
    async revokePersonalToken({ caller: { workspaceId, userId }, params }) {
      await revokePersonalToken(ports, workspaceId, userId, params.tokenId as PersonalTokenId)
    },
  })
}

/** A personal token names its workspace, beside a session the body does. A token that was exchanged is not exchanged again. */
async function askedFor(
  ports: TokenRoutePorts,
  request: FastifyRequest,
): Promise<{ userId: UserId; workspaceId: WorkspaceId | null }> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const token = bearerToken(authorization)
    const known = token === null ? null : await usePersonalToken(ports, token)
    if (!known) throw fail('not_authenticated')
    return known
  }
  const { userId } = await authenticatePerson(ports, request, 'not_authenticated')
  const { workspace_id: named } = parseJsonObject(await readBody(request.raw, bodyBytes), 4)
  if (typeof named !== 'string') throw fail('invalid_request', { detail: 'workspace_id: the id of a workspace' })
  return { userId, workspaceId: isUuid(named) ? (named.toLowerCase() as WorkspaceId) : null }
}

function personalTokenAnswer({ id, name, lastFour, createdAt, expiresAt, lastUsedAt }: PersonalToken) {
  return {
    id,
    name,
    last_four: lastFour,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
  }
}

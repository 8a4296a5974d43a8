/** The owner's doors to a bot's public keys. */
import { type KeyAnswer, keyOperations } from '@mevichat/protocol/keys.ts'
import { requireBot } from '../bots/bots.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId, KeyId, WorkspaceId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import {
  allowOrigin,
  changeKey,
  createKey,
  getKey,
  type KeyRef,
  type KeyReport,
  listKeys,
  lockKey,
  readDomains,
  revokeKey,
  rotateKey,
} from './owner-keys.ts'

export function addOwnerKeyRoutes(app: HttpApp, ports: OperationPorts): void {
  const answerOf = async (ref: KeyRef) => keyAnswer(await getKey(ports, ref))
  addOperations(
    app,
    ports,
    keyOperations,
    {
      async listKeys(call) {
        const { cursor, limit } = call.query
        const found = await listKeys(ports, botOf(call), { after: cursor, limit: limit + 1 })
        const keys = found.slice(0, limit).map(keyAnswer)
        return { keys, next_cursor: found.length > limit ? (keys.at(-1)?.id ?? null) : null }
      },
      async createKey(call) {
        const { name, domains, accept_any_origin: acceptsAny } = call.body
        const key = { name, domains: readDomains(domains, acceptsAny) }
        return answerOf(await createKey(ports, botOf(call), call.caller.userId, key))
      },
      async getKey(call) {
        return answerOf(refOf(call))
      },
      async changeKey(call) {
        const { name, domains: entries, accept_any_origin: acceptsAny } = call.body
        const domains = entries && readDomains(entries, acceptsAny)
        await ports.db.transaction(async (tx) => {
          const key = await lockKey(tx, refOf(call))
          call.requireMatch(keyAnswer({ ...key, refused: [] }))
          await changeKey(tx, key, call.caller.userId, { name, domains })
        })
        return answerOf(refOf(call))
      },
      async rotateKey(call) {
        return answerOf(await rotateKey(ports, refOf(call), call.caller.userId))
      },
      async revokeKey(call) {
        await revokeKey(ports, refOf(call), call.caller.userId)
        return answerOf(refOf(call))
      },
      async allowOrigin(call) {
        await allowOrigin(ports, refOf(call), call.caller.userId, call.body.origin)
        return answerOf(refOf(call))
      },
    },
    { before: requireBot(ports) },
  )
}

function keyAnswer(key: KeyReport): KeyAnswer {
  return {
    id: key.id,
    name: key.name,
    public_key: key.publicKey,
    domains: key.domains,
    created_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    last_seen_at: key.lastSeenAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    warnings: key.domains.length === 0 && !key.revokedAt ? ['open_to_any_origin'] : [],
    refused_origins: key.refused.map(({ origin, times, lastAt }) => ({ origin, times, last_at: lastAt.toISOString() })),
  }
}

interface BotCall {
  caller: { workspaceId: WorkspaceId }
  params: { botId: string }
}

function botOf({ caller, params }: BotCall) {
  return { workspaceId: caller.workspaceId, botId: params.botId as BotId }
}

function refOf(call: BotCall & { params: { keyId: string } }): KeyRef {
  return { ...botOf(call), keyId: call.params.keyId as KeyId }
}

/** `GET /api/conversations/:id/export.json`: a full transcript for the owner's own scripts. */
import { Readable } from 'node:stream'
import { recordEvent } from '../audit/audit.ts'
import { fail, Refusal } from '../platform/fail.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import type { ClientIp } from '../platform/http/client-ip.ts'
import { type BotId, isUuid } from '../platform/id.ts'
import type { Limiter } from '../platform/limit.ts'
import type { Log } from '../platform/log.ts'
import { type AuthPorts, authenticate } from '../workspaces/authenticate.ts'
import { requireMay } from '../workspaces/workspaces.ts'
import { exportTranscript } from './conversations.ts'
import { fingerprint } from './erasure.ts'

export interface ConversationRoutePorts extends AuthPorts {
  limiter: Limiter
  log: Log
  clientIp: ClientIp
}

const exportsPerMinute = 30

export function addConversationRoutes(app: HttpApp, ports: ConversationRoutePorts): void {
  addEndpoint(app, ports, {
    path: '/api/conversations/:id/export.json',
    errorField: 'detail',
    methods: {
      async GET(request, reply) {
        const member = await authenticate(ports, request.headers.authorization, 'authentication_required').catch(
          async (error) => {
            if (error instanceof Refusal)
              await ports.limiter.take('export', exportsPerMinute, `ip:${ports.clientIp(request.raw)}`)
            throw error
          },
        )
        await ports.limiter.take('export', exportsPerMinute, `user:${member.userId}`)
        requireMay(member, 'export')
        const { id } = request.params as { id: string }
        const { bot_id: botId } = request.query as Record<string, unknown>
        if (!isUuid(id)) throw fail('invalid_session_id')
        if (botId !== undefined && !isUuid(botId)) throw fail('session_not_found')
        const sessionId = id.toLowerCase()
        const transcript = await exportTranscript(
          ports,
          member.workspaceId,
          sessionId,
          (botId as BotId | undefined) ?? null,
        )
        if (!transcript) throw fail('session_not_found')
        await recordEvent(ports.db, member.workspaceId, {
          userId: member.userId,
          action: 'export.conversation',
          target: { kind: 'conversation', id: fingerprint(member.workspaceId, sessionId) },
        })
        return reply
          .type('application/json; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('content-disposition', `attachment; filename="conversation-${sessionId}.json"`)
          .send(Readable.from(transcript, { objectMode: false }))
      },
    },
  })
}

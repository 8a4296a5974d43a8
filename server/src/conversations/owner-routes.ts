/** The owner's doors to what was said: search, read, take along, remove, and erase a visitor. */
import { Readable } from 'node:stream'
import { type ConversationFilterQuery, conversationOperations } from '@mevichat/protocol/conversations.ts'
import type { FastifyReply } from 'fastify'
import { recordEvent } from '../audit/audit.ts'
import { requireBot } from '../bots/bots.ts'
import { fail } from '../platform/fail.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId, UserId, WorkspaceId } from '../platform/id.ts'
import { pricesByModel } from '../prices/prices.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { conversationAnswer, cursorOf, filterOf, placeOf, turnAnswer } from './answers.ts'
import { asCsv, asJsonLines, type Export } from './bulk-export.ts'
import { eraseVisitor, fingerprint } from './erasure.ts'
import { type ConversationFilter, findConversation, findConversations } from './search.ts'
import { deleteSession, type SessionRef } from './store.ts'
import { readTurns } from './transcript.ts'

export interface OwnerRoutePorts extends OperationPorts {
  /** The answers that this process is writing. */
  liveTurns: { endSession(ref: SessionRef): void }
}

const bulkExportsPerMinute = 10

interface BotCall {
  caller: { workspaceId: WorkspaceId; userId: UserId }
  params: { botId: string }
}

export function addOwnerConversationRoutes(app: HttpApp, ports: OwnerRoutePorts): void {
  async function list(
    { workspaceId }: { workspaceId: WorkspaceId },
    filter: ConversationFilter,
    { cursor, limit, sort }: { cursor?: string | undefined; limit: number; sort: 'newest' | 'oldest' },
  ) {
    const page = { limit, isOldestFirst: sort === 'oldest', after: placeOf(cursor) }
    const { conversations, next } = await findConversations(ports, workspaceId, filter, page)
    return { conversations: conversations.map(conversationAnswer), next_cursor: cursorOf(next) }
  }

  const exporting = (format: 'jsonl' | 'csv', type: string, exported: Export) => {
    return async (call: BotCall & { query: ConversationFilterQuery; reply: FastifyReply }): Promise<FastifyReply> => {
      const { workspaceId, userId } = call.caller
      const { botId } = call.params
      await ports.limiter.take('bulk-export', bulkExportsPerMinute, userId)
      // By which fields was chosen, but not what stood in them: that may name a visitor.
      const details = { format, filters: Object.keys(call.query) }
      await recordEvent(ports.db, workspaceId, {
        userId,
        action: 'export.bot',
        target: { kind: 'bot', id: botId },
        details,
      })
      return call.reply
        .type(type)
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="conversations-${botId}.${format}"`)
        .send(Readable.from(exported(ports, workspaceId, filterOf(call.query, botId)), { objectMode: false }))
    }
  }

  addOperations(
    app,
    ports,
    conversationOperations,
    {
      listAllConversations: ({ caller, query }) => list(caller, filterOf(query, query.bot_id), query),
      listConversations: ({ caller, query, params }) => list(caller, filterOf(query, params.botId), query),
      exportConversationsAsJsonLines: exporting('jsonl', 'application/x-ndjson; charset=utf-8', asJsonLines),
      exportConversationsAsCsv: exporting('csv', 'text/csv; charset=utf-8', asCsv),
      async getConversation(call) {
        const ref = refOf(call)
        const { cursor, limit } = call.query
        const conversation = await findConversation(ports, ref)
        if (!conversation) throw fail('not_found')
        const { turns, remains, next } = await readTurns(ports, ref, { afterId: Number(cursor ?? 0), limit })
        const prices = await pricesByModel(ports, ref.workspaceId)
        return {
          ...conversationAnswer(conversation),
          messages: turns.map((turn) => turnAnswer(turn, remains, prices)),
          next_cursor: next === null ? null : String(next),
        }
      },
      async removeConversation(call) {
        const ref = refOf(call)
        await ports.db.transaction(async (tx) => {
          if (!(await deleteSession(tx, ref))) throw fail('not_found')
          await recordEvent(tx, ref.workspaceId, {
            userId: call.caller.userId,
            action: 'conversation.deleted',
            target: { kind: 'conversation', id: fingerprint(ref.workspaceId, ref.sessionId) },
            details: { bot_id: ref.botId },
          })
        })
        ports.liveTurns.endSession(ref)
      },
      async eraseVisitor({ caller, body }) {
        const { sessions, turns } = await eraseVisitor(ports, caller.workspaceId, body.visitor_id, caller.userId)
        for (const ref of sessions) ports.liveTurns.endSession(ref)
        return { conversations: sessions.length, messages: turns }
      },
    },
    { before: requireBot(ports) },
  )
}

function refOf({ caller, params }: BotCall & { params: { sessionId: string } }): SessionRef {
  return { workspaceId: caller.workspaceId, botId: params.botId as BotId, sessionId: params.sessionId }
}

/** The doors of chat: the widget's turn, its stop and resume, and the playground. */
import { chatLimits } from '@mevichat/protocol/chat.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { findLiveBot } from '../bots/bots.ts'
import { markStopped, rateTurn } from '../conversations/conversations.ts'
import { type Caller, identify, noteUse, requireLive } from '../keys/keys.ts'
import { pageOrigin } from '../keys/page-origin.ts'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import { parseJsonObject, readBody } from '../platform/http/body.ts'
import type { ClientIp } from '../platform/http/client-ip.ts'
import { type EventStream, openEventStream } from '../platform/http/sse.ts'
import { type BotId, isUuid } from '../platform/id.ts'
import type { Limiter } from '../platform/limit.ts'
import { type AuthPorts, authenticate } from '../workspaces/authenticate.ts'
import { requireMay } from '../workspaces/workspaces.ts'
import { type AskPorts, ask, requireTurn } from './ask.ts'
import { followWithKey } from './follow.ts'
import {
  readIdempotencyKey,
  readMessage,
  readRating,
  readSessionId,
  readVisitorId,
  readVisitorMetadata,
} from './request.ts'

export type ChatRoutePorts = AskPorts & AuthPorts & { limiter: Limiter; clientIp: ClientIp }

const perMinute = { chat: 60, playground: 120, stop: 60, resume: 60, rating: 60 }

export function addChatRoutes(app: HttpApp, ports: ChatRoutePorts): void {
  const limitByIp = (name: 'chat' | 'stop' | 'resume' | 'rating', request: FastifyRequest) =>
    ports.limiter.take(name, perMinute[name], ports.clientIp(request.raw))

  addEndpoint(app, ports, {
    path: '/api/chat/',
    isPublic: true,
    methods: {
      async POST(request, reply) {
        await limitByIp('chat', request)
        const body = await readJson(request)
        const caller = await identifyPage(ports, request, body.public_key)
        const ref = { ...scopeOf(caller), sessionId: readSessionId(body.session_id) }
        const message = readMessage(body.message)
        const visitorId = readVisitorId(body.visitor_id)
        const visitorMetadata = readVisitorMetadata(body.visitor_metadata)
        const { bot, plan, keyId } = requireLive(caller)
        const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
        const question = { ref, bot, plan, keyId, userId: null, message, visitorId, visitorMetadata, idempotencyKey }
        await ask(ports, question, () => openStream(reply))
        await noteUse(ports, caller)
        return reply
      },
    },
  })

  addEndpoint(app, ports, {
    path: '/api/chat/stop/',
    isPublic: true,
    methods: {
      async POST(request, reply) {
        await limitByIp('stop', request)
        const body = await readJson(request)
        const caller = requireLive(await identifyPage(ports, request, body.public_key))
        const ref = { ...scopeOf(caller), sessionId: readSessionId(body.session_id) }
        const turn = await requireTurn(ports, ref, body.message_id)
        await markStopped(ports.db, ref, turn.id)
        ports.liveTurns.find(ref, turn.id)?.cancel('cancelled')
        return reply.code(204).send()
      },
    },
  })

  addEndpoint(app, ports, {
    path: '/api/chat/rating/',
    isPublic: true,
    methods: {
      async POST(request, reply) {
        await limitByIp('rating', request)
        const body = await readJson(request)
        const caller = requireLive(await identifyPage(ports, request, body.public_key))
        const ref = { ...scopeOf(caller), sessionId: readSessionId(body.session_id) }
        const rating = readRating(body.rating)
        const turn = await requireTurn(ports, ref, body.message_id)
        await rateTurn(ports.db, ref, turn.id, rating)
        return reply.code(204).send()
      },
    },
  })

  addEndpoint(app, ports, {
    path: '/api/chat/stream/',
    isPublic: true,
    methods: {
      async GET(request, reply) {
        await limitByIp('resume', request)
        const query = request.query as Record<string, unknown>
        const caller = requireLive(await identifyPage(ports, request, query.public_key))
        const ref = { ...scopeOf(caller), sessionId: readSessionId(query.session_id) }
        const turn = await requireTurn(ports, ref, wholeNumber(query.message_id))
        const lastEventId = wholeNumber(request.headers['last-event-id']) ?? 0
        followWithKey(ports, turn, lastEventId, caller.keyId, openStream(reply))
        return reply
      },
    },
  })

  addEndpoint(app, ports, {
    path: '/api/chat/playground/',
    methods: {
      async POST(request, reply) {
        const member = await authenticate(ports, request.headers.authorization, 'not_authenticated')
        await ports.limiter.take('playground', perMinute.playground, member.userId)
        requireMay(member, 'usePlayground')
        const { workspaceId, userId, plan } = member
        const body = await readJson(request)
        const version = body.version === 'draft' ? 'draft' : 'live'
        const bot = isUuid(body.bot_id)
          ? await findLiveBot(ports, workspaceId, body.bot_id.toLowerCase() as BotId, version)
          : null
        if (!bot) throw fail('bot_not_found')
        const ref = { workspaceId, botId: bot.id, sessionId: readSessionId(body.session_id) }
        const message = readMessage(body.message)
        if (!['live', 'draft', undefined, null].includes(body.version as string | null | undefined))
          throw fail('invalid_request')
        const noVisitor = { keyId: null, visitorId: null, visitorMetadata: null, idempotencyKey: null }
        await ask(ports, { ref, bot, plan, userId, message, ...noVisitor }, () => openStream(reply))
        return reply
      },
    },
  })
}

async function readJson(request: FastifyRequest): Promise<Record<string, unknown>> {
  return parseJsonObject(await readBody(request.raw, chatLimits.bodyBytes), chatLimits.jsonDepth)
}

function identifyPage(ports: ChatRoutePorts, request: FastifyRequest, publicKey: unknown): Promise<Caller> {
  return identify(ports, publicKey, pageOrigin(request.raw, ports.publicUrl))
}

function scopeOf({ workspaceId, botId }: Caller) {
  return { workspaceId, botId }
}

function wholeNumber(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null
}

/** From here on the answer is a stream: the headers set so far (CORS) go along. */
function openStream(reply: FastifyReply): EventStream {
  reply.hijack()
  const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
  return openEventStream(reply.raw, headers)
}

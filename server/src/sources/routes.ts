/** The owner's doors to a bot's sources: add, look at, read again, pause, call off, remove. */
import { newSource, pageStates, sourceChange } from '@mevichat/protocol/sources.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ZodType } from 'zod'
import { hasBot } from '../bots/bots.ts'
import { listPassages } from '../knowledge/knowledge.ts'
import type { Clock } from '../platform/clock.ts'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import { parseJsonObject, readBody } from '../platform/http/body.ts'
import { openEventStream } from '../platform/http/sse.ts'
import { type BotId, isUuid, type PageId, type SourceId } from '../platform/id.ts'
import type { Limiter } from '../platform/limit.ts'
import type { Log } from '../platform/log.ts'
import { type AuthPorts, authenticate } from '../workspaces/authenticate.ts'
import { type Member, requireMay } from '../workspaces/workspaces.ts'
import { draftOf, pageAnswer, sourceAnswer, syncAnswer } from './answers.ts'
import { readSettings } from './drafts.ts'
import { dropFile, type FilePorts } from './files.ts'
import { findPage, listPagesOf, type SourceRef } from './pages.ts'
import { followSync } from './progress.ts'
import {
  addSource,
  changeSource,
  findSource,
  listSources,
  removePageOf,
  removeSource,
  type SourceReport,
} from './sources.ts'
import { cancelSync, listSyncs, pauseSync, resumeSync, startSync } from './syncs.ts'
import { receiveFiles } from './upload.ts'

export interface SourceRoutePorts extends AuthPorts, FilePorts {
  limiter: Limiter
  clock: Clock
  log: Log
}

const perMinute = 300
/** A text of two million characters. */
const bodyBytes = 9_000_000
const jsonDepth = 8
const pagesAtOnce = 100

const base = '/api/workspaces/:workspaceId/bots/:botId/sources/'

export function addSourceRoutes(app: HttpApp, ports: SourceRoutePorts): void {
  const own = (path: string) => `${base}:sourceId/${path}`

  addEndpoint(app, ports, {
    path: base,
    methods: {
      async GET(request, reply) {
        const { workspaceId, botId } = await enter(ports, request, 'read')
        const found = await listSources(ports, workspaceId, botId)
        return send(reply, 200, { sources: found.map(sourceAnswer) })
      },
      async POST(request, reply) {
        const { workspaceId, botId } = await enter(ports, request, 'editKnowledge')
        const draft = draftOf(await read(request, newSource))
        const sourceId = await addSource(ports, workspaceId, botId, draft)
        return send(reply, 201, sourceAnswer(await getSource(ports, { workspaceId, botId, sourceId })))
      },
    },
  })

  addEndpoint(app, ports, {
    path: `${base}files/`,
    isUpload: true,
    methods: {
      async POST(request, reply) {
        const bot = await enter(ports, request, 'editKnowledge')
        return send(reply, 200, { files: await receiveFiles(ports, bot, request) })
      },
    },
  })

  addEndpoint(app, ports, {
    path: own(''),
    methods: {
      async GET(request, reply) {
        const { source } = await enterSource(ports, request, 'read')
        return send(reply, 200, sourceAnswer(source))
      },
      async PATCH(request, reply) {
        const { ref } = await enterSource(ports, request, 'editKnowledge')
        const { schedule, settings } = await read(request, sourceChange)
        await changeSource(ports, ref, { schedule, settings: settings && readSettings(settings) })
        return send(reply, 200, sourceAnswer(await getSource(ports, ref)))
      },
      async DELETE(request, reply) {
        const { ref, source } = await enterSource(ports, request, 'editKnowledge')
        await removeSource(ports, ref.workspaceId, ref.botId, ref.sourceId)
        if (source.file) await dropFile(ports, ref, source.file.id)
        return reply.code(204).send()
      },
    },
  })

  addEndpoint(app, ports, {
    path: own('pages/'),
    methods: {
      async GET(request, reply) {
        const { ref } = await enterSource(ports, request, 'read')
        const { cursor, state } = request.query as Record<string, unknown>
        const ofState = pageStates.find((one) => one === state)
        const after = typeof cursor === 'string' && /^\d{1,15}$/.test(cursor) ? Number(cursor) : undefined
        if ((state !== undefined && !ofState) || (cursor !== undefined && after === undefined))
          throw fail('invalid_request')
        const found = await listPagesOf(ports, ref, {
          limit: pagesAtOnce,
          ...(after !== undefined && { after }),
          ...(ofState && { state: ofState }),
        })
        const next = found.length < pagesAtOnce ? null : (found.at(-1)?.ordinal ?? null)
        return send(reply, 200, { pages: found.map(pageAnswer), next_cursor: next === null ? null : String(next) })
      },
    },
  })

  addEndpoint(app, ports, {
    path: own('pages/:pageId/'),
    methods: {
      async GET(request, reply) {
        const { ref, page } = await enterPage(ports, request, 'read')
        const passages = await listPassages(ports, ref.workspaceId, ref.botId, page.id)
        return send(reply, 200, { ...pageAnswer(page), markdown: page.markdown, passages })
      },
      async DELETE(request, reply) {
        const { ref, page } = await enterPage(ports, request, 'editKnowledge')
        await removePageOf(ports, ref, page.id)
        return reply.code(204).send()
      },
    },
  })

  addEndpoint(app, ports, {
    path: own('syncs/'),
    methods: {
      async GET(request, reply) {
        const { ref } = await enterSource(ports, request, 'read')
        return send(reply, 200, { syncs: (await listSyncs(ports, ref)).map(syncAnswer) })
      },
    },
  })

  addEndpoint(app, ports, {
    path: own('progress/'),
    methods: {
      async GET(request, reply) {
        const { ref } = await enterSource(ports, request, 'read')
        reply.hijack()
        const stream = openEventStream(reply.raw, { 'x-content-type-options': 'nosniff' })
        followSync(ports, ref, stream).catch((error: unknown) =>
          ports.log.warn({ err: error }, 'the progress of a sync'),
        )
        return reply
      },
    },
  })

  const actions = { sync: startSync, pause: pauseSync, resume: resumeSync, cancel: cancelSync }
  for (const [name, act] of Object.entries(actions)) {
    addEndpoint(app, ports, {
      path: own(`${name}/`),
      methods: {
        async POST(request, reply) {
          const { ref } = await enterSource(ports, request, 'editKnowledge')
          await act(ports, ref)
          return send(reply, 202, sourceAnswer(await getSource(ports, ref)))
        },
      },
    })
  }
}

type Need = 'read' | 'editKnowledge'
type Params = Record<string, string | undefined>

/** A path of another workspace, or of a bot that it does not have, is 404 `not_found`. */
async function enter(ports: SourceRoutePorts, request: FastifyRequest, need: Need): Promise<Member & { botId: BotId }> {
  const member = await authenticate(ports, request.headers.authorization, 'not_authenticated')
  await ports.limiter.take('sources', perMinute, member.userId)
  const params = request.params as Params
  if (params.workspaceId?.toLowerCase() !== member.workspaceId) throw fail('not_found')
  requireMay(member, need)
  const botId = idOf<BotId>(params.botId)
  if (!(await hasBot(ports, member.workspaceId, botId))) throw fail('not_found')
  return { ...member, botId }
}

async function enterSource(ports: SourceRoutePorts, request: FastifyRequest, need: Need) {
  const { workspaceId, botId } = await enter(ports, request, need)
  const ref: SourceRef = { workspaceId, botId, sourceId: idOf<SourceId>((request.params as Params).sourceId) }
  return { ref, source: await getSource(ports, ref) }
}

async function enterPage(ports: SourceRoutePorts, request: FastifyRequest, need: Need) {
  const { ref } = await enterSource(ports, request, need)
  const page = await findPage(ports, ref, idOf<PageId>((request.params as Params).pageId))
  if (!page) throw fail('not_found')
  return { ref, page }
}

async function getSource(ports: SourceRoutePorts, ref: SourceRef): Promise<SourceReport> {
  const source = await findSource(ports, ref)
  if (!source) throw fail('not_found')
  return source
}

function idOf<Id extends string>(value: string | undefined): Id {
  if (!isUuid(value)) throw fail('not_found')
  return value.toLowerCase() as Id
}

async function read<Body>(request: FastifyRequest, schema: ZodType<Body>): Promise<Body> {
  const parsed = schema.safeParse(parseJsonObject(await readBody(request.raw, bodyBytes), jsonDepth))
  if (!parsed.success) throw fail('invalid_request', { cause: parsed.error })
  return parsed.data
}

function send(reply: FastifyReply, status: number, answer: object): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send(answer)
}

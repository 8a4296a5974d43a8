/** The owner's doors to a bot's sources: add, look at, read again, pause, call off, remove. */

import type { AuditAction } from '@mevichat/protocol/audit.ts'
import { sourceOperations } from '@mevichat/protocol/sources.ts'
import { recordEvent } from '../audit/audit.ts'
import { requireBot } from '../bots/bots.ts'
import { listPassages } from '../knowledge/knowledge.ts'
import type { Clock } from '../platform/clock.ts'
import { decodeCursor, encodeCursor, notACursor } from '../platform/cursor.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { HttpApp } from '../platform/http/app.ts'
import { openEventStream } from '../platform/http/sse.ts'
import { type BotId, isUuid, type PageId, type SourceId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
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
  type SourcePlace,
  type SourceReport,
} from './sources.ts'
import { cancelSync, listSyncs, pauseSync, resumeSync, startSync } from './syncs.ts'
import { receiveFiles } from './upload.ts'

export interface SourceRoutePorts extends OperationPorts, FilePorts {
  clock: Clock
}

/** A text of two million characters. */
const bodyBytes = 9_000_000
const pagesAtOnce = 100

export function addSourceRoutes(app: HttpApp, ports: SourceRoutePorts): void {
  const act = (change: (ports: SourceRoutePorts, ref: SourceRef) => Promise<unknown>) => async (call: SourceCall) => {
    const ref = refOf(call)
    await getSource(ports, ref)
    await change(ports, ref)
    return sourceAnswer(await getSource(ports, ref))
  }

  addOperations(
    app,
    ports,
    sourceOperations,
    {
      async listSources(call) {
        const { workspaceId, botId } = botOf(call)
        const { limit, cursor } = call.query
        const found = await listSources(ports, workspaceId, botId, {
          limit,
          after: cursor === undefined ? undefined : placeOf(cursor),
        })
        const last = limit !== undefined && found.length === limit ? found.at(-1) : undefined
        const next = last ? encodeCursor([String(last.createdUs), last.id]) : null
        return { sources: found.map(sourceAnswer), next_cursor: next }
      },
      async addSource(call) {
        const { workspaceId, botId } = botOf(call)
        return ports.db.transaction(async (tx) => {
          const sourceId = await addSource({ db: tx }, workspaceId, botId, draftOf(call.body))
          const source = await getSource({ db: tx }, { workspaceId, botId, sourceId })
          await note(tx, call, 'source.added', source)
          return sourceAnswer(source)
        })
      },
      async uploadFiles(call) {
        const files = await receiveFiles(ports, botOf(call), call.request)
        for (const file of files) {
          if ('source_id' in file)
            await note(ports.db, call, 'source.uploaded', { id: file.source_id, title: file.name })
        }
        return { files }
      },
      async getSource(call) {
        return sourceAnswer(await getSource(ports, refOf(call)))
      },
      async changeSource(call) {
        const ref = refOf(call)
        const { schedule, settings } = call.body
        await ports.db.transaction(async (tx) => {
          const source = await getSource({ db: tx }, ref, { isLocked: true })
          call.requireMatch(sourceAnswer(source))
          await note(tx, call, 'source.changed', source)
          await changeSource({ db: tx }, ref, { schedule, settings: settings && readSettings(settings) })
        })
        return sourceAnswer(await getSource(ports, ref))
      },
      async removeSource(call) {
        const ref = refOf(call)
        const source = await getSource(ports, ref)
        await ports.db.transaction(async (tx) => {
          await removeSource({ db: tx }, ref.workspaceId, ref.botId, ref.sourceId)
          await note(tx, call, 'source.removed', source)
        })
        if (source.file) await dropFile(ports, ref, source.file.id)
      },
      async listPages(call) {
        const { cursor, state } = call.query
        const ref = refOf(call)
        await getSource(ports, ref)
        const found = await listPagesOf(ports, ref, {
          limit: pagesAtOnce,
          ...(cursor !== undefined && { after: Number(cursor) }),
          ...(state && { state }),
        })
        const next = found.length < pagesAtOnce ? null : (found.at(-1)?.ordinal ?? null)
        return { pages: found.map(pageAnswer), next_cursor: next === null ? null : String(next) }
      },
      async getPage(call) {
        const { ref, page } = await findPageOf(ports, call)
        const passages = await listPassages(ports, ref.workspaceId, ref.botId, page.id)
        return { ...pageAnswer(page), markdown: page.markdown, passages }
      },
      async removePage(call) {
        const { ref, page } = await findPageOf(ports, call)
        await ports.db.transaction(async (tx) => {
          await removePageOf({ db: tx }, ref, page.id)
          await note(tx, call, 'page.removed', page)
        })
      },
      async listSyncs(call) {
        const ref = refOf(call)
        await getSource(ports, ref)
        return { syncs: (await listSyncs(ports, ref)).map(syncAnswer) }
      },
      async followProgress(call) {
        const ref = refOf(call)
        await getSource(ports, ref)
        call.reply.hijack()
        const stream = openEventStream(call.reply.raw, { 'x-content-type-options': 'nosniff' })
        followSync(ports, ref, stream).catch((error: unknown) =>
          ports.log.warn({ err: error }, 'the progress of a sync'),
        )
        return call.reply
      },
      sync: act(startSync),
      pause: act(pauseSync),
      resume: act(resumeSync),
      cancel: act(cancelSync),
    },
    { bodyBytes, before: requireBot(ports) },
  )
}

/** Throws `invalid_request` for what is no cursor of this list. */
function placeOf(cursor: string): SourcePlace {
  const [createdUs = '', id] = decodeCursor(cursor, 2)
  if (!/^\d{1,16}$/.test(createdUs) || !isUuid(id)) throw notACursor()
  return { createdUs: Number(createdUs), id: id as string as SourceId }
}

interface BotCall {
  caller: { workspaceId: WorkspaceId; userId: UserId }
  params: { botId: string }
}
type SourceCall = BotCall & { params: { sourceId: string } }

function botOf({ caller, params }: BotCall) {
  return { workspaceId: caller.workspaceId, botId: params.botId as BotId }
}

/** Into the audit log. */
function note(
  db: Db,
  { caller, params }: BotCall,
  action: AuditAction,
  { id, title, url = null }: { id: string; title: string | null; url?: string | null },
): Promise<void> {
  const target = { kind: action === 'page.removed' ? 'page' : 'source', id, name: title ?? url }
  const { workspaceId, userId } = caller
  return recordEvent(db, workspaceId, { userId, action, target, details: { bot_id: params.botId } })
}

function refOf(call: SourceCall): SourceRef {
  return { ...botOf(call), sourceId: call.params.sourceId as SourceId }
}

async function findPageOf(ports: SourceRoutePorts, call: SourceCall & { params: { pageId: string } }) {
  const ref = refOf(call)
  const page = await findPage(ports, ref, call.params.pageId as PageId)
  if (!page) throw fail('not_found')
  return { ref, page }
}

async function getSource(
  ports: Pick<SourceRoutePorts, 'db'>,
  ref: SourceRef,
  options?: { isLocked: boolean },
): Promise<SourceReport> {
  const source = await findSource(ports, ref, options)
  if (!source) throw fail('not_found')
  return source
}

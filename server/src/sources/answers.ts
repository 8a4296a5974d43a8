/** Sources as they go over the wire. */
import type { NewSourceBody, PageAnswer, SourceAnswer, SyncAnswer, SyncProgress } from '@mevichat/protocol/sources.ts'
import { readSettings, type SourceDraft } from './drafts.ts'
import type { Page } from './pages.ts'
import type { SourceReport } from './sources.ts'
import type { SyncReport } from './syncs.ts'

export function sourceAnswer(source: SourceReport): SourceAnswer {
  const { id, kind, title, url, schedule, state, reason, pages, file, answer } = source
  const { include, exclude, maxDepth, maxPages } = source.settings
  return {
    id,
    kind,
    title,
    url,
    answer,
    file: file && { name: file.name, bytes: file.bytes, type: file.type },
    settings: {
      ...(include && { include }),
      ...(exclude && { exclude }),
      ...(maxDepth !== undefined && { max_depth: maxDepth }),
      ...(maxPages !== undefined && { max_pages: maxPages }),
    },
    schedule,
    next_sync_at: timeOf(source.nextSyncAt),
    state,
    reason,
    created_at: source.createdAt.toISOString(),
    synced_at: timeOf(source.syncedAt),
    pages,
  }
}

export function pageAnswer(page: Omit<Page, 'markdown' | 'links'>): PageAnswer {
  const { id, address, url, title, language, state, problem, reason, depth, bytes } = page
  return {
    id,
    address,
    url,
    title,
    language,
    state,
    problem,
    reason,
    depth,
    bytes,
    http_status: page.httpStatus,
    fetched_at: timeOf(page.fetchedAt),
    is_answering: page.contentHash !== null,
  }
}

export function syncAnswer(sync: SyncReport): SyncAnswer {
  const { id, state, reason, added, changed, removed, unchanged, skipped, failed } = sync
  return {
    id,
    state,
    reason,
    started_at: sync.startedAt.toISOString(),
    ended_at: timeOf(sync.endedAt),
    ...{ added, changed, removed, unchanged, skipped, failed },
    left_out: sync.overCap,
    changes: sync.changes.map(({ change, pageId, url, title }) => ({ change, page_id: pageId, url, title })),
  }
}

export function progressAnswer(
  { state, reason, pages }: SourceReport,
  workedMs: number,
  last: SyncProgress['last_page'],
): SyncProgress {
  const left = pages.queued + pages.fetched
  const done = pages.indexed + pages.unchanged + pages.skipped + pages.failed
  const secondsLeft = left === 0 ? 0 : done > 0 ? Math.ceil(((workedMs / done) * left) / 1_000) : null
  return { state, reason, pages, seconds_left: secondsLeft, last_page: last }
}

export function draftOf(body: NewSourceBody): SourceDraft {
  switch (body.kind) {
    case 'sitemap':
    case 'website':
      return { kind: body.kind, url: body.url, settings: readSettings(body.settings ?? {}) }
    case 'markdown':
      return { ...body, title: body.title ?? null, url: body.url ?? null }
    case 'text':
    case 'qa':
      return { ...body, url: body.url ?? null }
    default:
      return body
  }
}

function timeOf(date: Date | null): string | null {
  return date?.toISOString() ?? null
}

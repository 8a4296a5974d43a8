/** What an owner's programs say about sources, and what they are told. */
import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { declare, instant, pageOf, paging } from './operation.ts'

const address = z.string().max(2_000)
const pattern = z.string().min(1).max(300)

/** Which pages of a sitemap or a website are read. */
export const sourceSettings = z.strictObject({
  /** Of the path, with `*` for any characters. */
  include: z.array(pattern).max(200).optional(),
  exclude: z.array(pattern).max(200).optional(),
  max_depth: z.int().min(0).optional(),
  max_pages: z.int().min(1).optional(),
})

const title = z.string().max(1_000)
const content = z.string().max(2_000_000)

export const newSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('url'), url: address }),
  z.object({ kind: z.literal('sitemap'), url: address, settings: sourceSettings.optional() }),
  z.object({ kind: z.literal('website'), url: address, settings: sourceSettings.optional() }),
  z.object({ kind: z.literal('text'), title, content, url: address.nullish() }),
  z.object({ kind: z.literal('markdown'), title: title.nullish(), content, url: address.nullish() }),
  z.object({ kind: z.literal('qa'), question: title, answer: z.string().max(20_000), url: address.nullish() }),
])

export const sourceChange = z.object({
  schedule: z.enum(['off', 'daily', 'weekly', 'monthly']).optional(),
  settings: sourceSettings.optional(),
})

export const pageStates = ['queued', 'fetched', 'indexed', 'unchanged', 'skipped', 'failed'] as const

export type NewSourceBody = z.infer<typeof newSource>
export type SettingsBody = z.infer<typeof sourceSettings>

type PageState = (typeof pageStates)[number]

const pageState = z.enum(pageStates)
const sourceState = z.enum(['queued', 'running', 'paused', 'ready', 'failed', 'cancelled'])
/** How many pages are in which state. */
const pageCounts = z.record(pageState, z.int())

export const sourceAnswer = z.object({
  id: z.uuid(),
  kind: z.string(),
  title: z.string().nullable(),
  url: z.string().nullable(),
  /** The owner's own, to the question that is the title; null of all other kinds. */
  answer: z.string().nullable(),
  file: z.object({ name: z.string(), bytes: z.int(), type: z.string() }).nullable(),
  settings: sourceSettings,
  schedule: z.string(),
  next_sync_at: instant.nullable(),
  state: sourceState,
  /** In words. */
  reason: z.string().nullable(),
  created_at: instant,
  synced_at: instant.nullable(),
  pages: pageCounts,
})

/** Of a file of an upload: its source, or why it was not taken. */
const uploadedFile = z.union([
  z.object({ name: z.string(), source_id: z.uuid() }),
  z.object({
    name: z.string(),
    error: z.enum(['unsupported_file_type', 'file_too_large', 'file_invalid', 'too_many_files']),
    detail: z.string(),
  }),
])

export const pageAnswer = z.object({
  id: z.uuid(),
  /** Where it is fetched. */
  address: z.string().nullable(),
  /** Where visitors read it. */
  url: z.string().nullable(),
  title: z.string(),
  language: z.string().nullable(),
  state: pageState,
  /** Why it was skipped or has failed, as a word for programs. */
  problem: z.string().nullable(),
  reason: z.string().nullable(),
  depth: z.int(),
  bytes: z.int().nullable(),
  http_status: z.int().nullable(),
  fetched_at: instant.nullable(),
  /** Whether the bot answers from it. */
  is_answering: z.boolean(),
})

const pageText = pageAnswer.extend({
  markdown: z.string().nullable(),
  passages: z.array(z.object({ headings: z.array(z.string()), text: z.string(), tokens: z.int() })),
})

const syncAnswer = z.object({
  id: z.uuid(),
  state: sourceState,
  reason: z.string().nullable(),
  started_at: instant,
  ended_at: instant.nullable(),
  added: z.int(),
  changed: z.int(),
  removed: z.int(),
  unchanged: z.int(),
  skipped: z.int(),
  failed: z.int(),
  /** Addresses beyond the cap of the plan or of the source; at least so many. */
  left_out: z.int(),
  /** 200 at most. */
  changes: z.array(
    z.object({
      change: z.enum(['added', 'changed', 'removed']),
      page_id: z.uuid(),
      url: z.string().nullable(),
      title: z.string(),
    }),
  ),
})

export type SourceAnswer = z.infer<typeof sourceAnswer>
export type UploadedFile = z.infer<typeof uploadedFile>
export type PageAnswer = z.infer<typeof pageAnswer>
export type SyncAnswer = z.infer<typeof syncAnswer>

/** Data of the event `progress`; `done` ends the stream and has the same. */
export interface SyncProgress {
  state: SourceAnswer['state']
  reason: string | null
  pages: Record<PageState, number>
  /** Null while nobody can say. */
  seconds_left: number | null
  last_page: { url: string | null; title: string; state: PageState } | null
}

const base = '/api/workspaces/:workspaceId/bots/:botId/sources/'
const one = `${base}:sourceId/` as const

export const sourceOperations = declare({
  listSources: {
    method: 'GET',
    path: base,
    needs: 'read',
    about:
      'The sources of a bot, newest first, with how many of their pages are in which state; all of them, or page by page.',
    query: z.object({ cursor: paging.cursor, limit: z.coerce.number().int().min(1).max(100).optional() }),
    status: 200,
    answer: pageOf('sources', sourceAnswer),
  },
  addSource: {
    method: 'POST',
    path: base,
    needs: 'editKnowledge',
    about: 'Adds a page, a sitemap, a website, a text or a question with its answer, and begins to read it.',
    body: newSource,
    status: 201,
    answer: sourceAnswer,
  },
  uploadFiles: {
    method: 'POST',
    path: `${base}files/`,
    needs: 'editKnowledge',
    about: 'Adds a source for each file of a form: PDF, DOCX, MD, TXT, HTML, CSV or JSON, 20 MB each.',
    takes: 'multipart/form-data',
    status: 200,
    answer: z.object({ files: z.array(uploadedFile) }),
  },
  getSource: {
    method: 'GET',
    path: one,
    needs: 'read',
    about: 'One source.',
    status: 200,
    answer: sourceAnswer,
    versionOf: versionOfSource,
  },
  changeSource: {
    method: 'PATCH',
    path: one,
    needs: 'editKnowledge',
    about: 'Changes when a source is read again, and which of its pages.',
    body: sourceChange,
    status: 200,
    answer: sourceAnswer,
    versionOf: versionOfSource,
  },
  removeSource: {
    method: 'DELETE',
    path: one,
    needs: 'editKnowledge',
    about: 'Removes a source with its pages, passages and files.',
    status: 204,
    answer: null,
  },
  listPages: {
    method: 'GET',
    path: `${one}pages/`,
    needs: 'read',
    about: 'The pages of a source, in the order they were found; of one state if it is given.',
    query: z.object({
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
      state: pageState.optional(),
    }),
    status: 200,
    answer: pageOf('pages', pageAnswer),
  },
  getPage: {
    method: 'GET',
    path: `${one}pages/:pageId/`,
    needs: 'read',
    about: 'A page with the text that was read from it and the passages it was cut into.',
    status: 200,
    answer: pageText,
  },
  removePage: {
    method: 'DELETE',
    path: `${one}pages/:pageId/`,
    needs: 'editKnowledge',
    about: 'Removes a page from what the bot knows.',
    status: 204,
    answer: null,
  },
  listSyncs: {
    method: 'GET',
    path: `${one}syncs/`,
    needs: 'read',
    about: 'The last times that a source was read, with what was added, changed and removed.',
    status: 200,
    answer: z.object({ syncs: z.array(syncAnswer) }),
  },
  followProgress: {
    method: 'GET',
    path: `${one}progress/`,
    needs: 'read',
    about: 'How the reading gets on: an event `progress` each second, `done` at the end.',
    status: 200,
    answer: 'text/event-stream',
  },
  sync: action('sync', 'Reads the source again.', []),
  pause: action('pause', 'Lets the reading rest.', ['sync_not_running']),
  resume: action('resume', 'Goes on where the reading was paused.', ['sync_not_running']),
  cancel: action('cancel', 'Ends the reading. What was read before goes on answering.', ['sync_not_running']),
})

/** What an owner can change of it. */
function versionOfSource({ settings, schedule }: SourceAnswer) {
  return { settings, schedule }
}

function action<const Name extends string>(name: Name, about: string, refuses: readonly ErrorCode[]) {
  const path = `${one}${name}/` as const
  return { method: 'POST', path, needs: 'editKnowledge', about, status: 202, answer: sourceAnswer, refuses } as const
}

/** What an owner's programs say about sources, and what they are told. */
import { z } from 'zod'

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
type SourceState = 'queued' | 'running' | 'paused' | 'ready' | 'failed' | 'cancelled'

export interface SourceAnswer {
  id: string
  kind: string
  title: string | null
  url: string | null
  file: { name: string; bytes: number; type: string } | null
  settings: SettingsBody
  schedule: string
  next_sync_at: string | null
  state: SourceState
  /** In words. */
  reason: string | null
  created_at: string
  synced_at: string | null
  /** How many pages are in which state. */
  pages: Record<PageState, number>
}

/** Of a file of an upload: its source, or why it was not taken. */
export type UploadedFile =
  | { name: string; source_id: string }
  | {
      name: string
      error: 'unsupported_file_type' | 'file_too_large' | 'file_invalid' | 'too_many_files'
      detail: string
    }

export interface PageAnswer {
  id: string
  /** Where it is fetched. */
  address: string | null
  /** Where visitors read it. */
  url: string | null
  title: string
  language: string | null
  state: PageState
  /** Why it was skipped or has failed, as a word for programs. */
  problem: string | null
  reason: string | null
  depth: number
  bytes: number | null
  http_status: number | null
  fetched_at: string | null
  /** Whether the bot answers from it. */
  is_answering: boolean
}

export interface PageTextAnswer extends PageAnswer {
  markdown: string | null
  passages: { headings: string[]; text: string; tokens: number }[]
}

export interface SyncAnswer {
  id: string
  state: SourceState
  reason: string | null
  started_at: string
  ended_at: string | null
  added: number
  changed: number
  removed: number
  unchanged: number
  skipped: number
  failed: number
  /** Addresses beyond the cap of the plan or of the source; at least so many. */
  left_out: number
  /** 200 at most. */
  changes: { change: 'added' | 'changed' | 'removed'; page_id: string; url: string | null; title: string }[]
}

/** Data of the event `progress`; `done` ends the stream and has the same. */
export interface SyncProgress {
  state: SourceState
  reason: string | null
  pages: Record<PageState, number>
  /** Null while nobody can say. */
  seconds_left: number | null
  last_page: { url: string | null; title: string; state: PageState } | null
}

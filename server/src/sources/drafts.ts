/** What is given to make a source, and what is refused. */
import type { SettingsBody } from '@mevichat/protocol/sources.ts'
import { fail } from '../platform/fail.ts'
import type { SourceFile, SourceKind, SourceSettings } from './tables.ts'

/** `url` says where visitors can read a text, a file or an answer; a path is on this server. */
export type SourceDraft =
  | { kind: 'text'; title: string; content: string; url?: string | null }
  | { kind: 'markdown'; title?: string | null; content: string; url?: string | null }
  | { kind: 'url'; url: string }
  | { kind: 'sitemap' | 'website'; url: string; settings?: SourceSettings }
  | { kind: 'file'; title?: string | null; file: SourceFile; url?: string | null }
  | { kind: 'qa'; question: string; answer: string; url?: string | null }

export interface CheckedDraft {
  kind: SourceKind
  title: string | null
  url: string | null
  content: string | null
  file: SourceFile | null
  settings: SourceSettings
}

/** In UTF-16 code units. */
const max = { title: 300, content: 2_000_000, question: 1_000, answer: 20_000, pattern: 300, patterns: 200 }

/** Throws `invalid_request` for an address that is not http or https, and for what is empty or too long. */
export function checkDraft(draft: SourceDraft): CheckedDraft {
  const none = { title: null, url: null, content: null, file: null, settings: {} }
  switch (draft.kind) {
    case 'url':
      return { ...none, kind: draft.kind, url: webAddress(draft.url) }
    case 'sitemap':
    case 'website':
      return { ...none, kind: draft.kind, url: webAddress(draft.url), settings: checkSettings(draft.settings ?? {}) }
    case 'qa': {
      const [title, content] = [text(draft.question, max.question), text(draft.answer, max.answer)]
      return { ...none, kind: draft.kind, title, content, url: visitorsAddress(draft.url) }
    }
    case 'file': {
      const title = draft.title ? text(draft.title, max.title) : null
      return { ...none, kind: draft.kind, title, file: draft.file, url: visitorsAddress(draft.url) }
    }
    default: {
      const title = draft.title?.trim() || draft.kind === 'text' ? text(draft.title ?? '', max.title) : null
      const content = clean(draft.content)
      if (content.trim() === '' || content.length > max.content) throw fail('invalid_request')
      return { ...none, kind: draft.kind, title, content, url: visitorsAddress(draft.url) }
    }
  }
}

/** Throws `invalid_request` for patterns that could match no path, and for caps that are none. */
export function checkSettings({ include, exclude, maxDepth, maxPages }: SourceSettings): SourceSettings {
  for (const patterns of [include ?? [], exclude ?? []]) {
    const isFit = (pattern: string) =>
      /^[/*]/.test(pattern) && pattern.length <= max.pattern && clean(pattern) === pattern
    if (patterns.length > max.patterns || !patterns.every(isFit)) throw fail('invalid_request')
  }
  if (!isCap(maxDepth, 0) || !isCap(maxPages, 1)) throw fail('invalid_request')
  return {
    ...(include?.length && { include }),
    ...(exclude?.length && { exclude }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxPages !== undefined && { maxPages }),
  }
}

/** As they are said in JSON. */
export function readSettings({
  include,
  exclude,
  max_depth: maxDepth,
  max_pages: maxPages,
}: SettingsBody): SourceSettings {
  return {
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxPages !== undefined && { maxPages }),
  }
}

function isCap(value: number | undefined, least: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= least && value <= 1_000_000)
}

function text(value: string, maxLength: number): string {
  const trimmed = clean(value).trim()
  if (trimmed === '' || trimmed.length > maxLength) throw fail('invalid_request')
  return trimmed
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
function clean(value: string): string {
  return value.replaceAll('\0', '').toWellFormed()
}

function webAddress(address: string): string {
  const url = URL.parse(address.trim())
  if (!url || !/^https?:$/.test(url.protocol) || url.href.length > 2_000) throw fail('invalid_request')
  url.hash = ''
  return url.href
}

function visitorsAddress(address: string | null | undefined): string | null {
  return address ? (ownPath(address) ?? webAddress(address)) : null
}

/** The path of an address on this server, such as `/docs/keys`; null for all others, `//example.com` too. */
function ownPath(address: string): string | null {
  if (!address.startsWith('/')) return null
  const url = URL.parse(address, 'http://this.invalid')
  return url?.host === 'this.invalid' ? url.pathname + url.search : null
}

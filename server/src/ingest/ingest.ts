/** Ingest owns the way of a source into the index: fetch, extract the main content, cut into passages, embed, swap. */
import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { calibrate, indexPage, listBotsOfOtherModels } from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { enqueue, type JobHandler } from '../platform/jobs/jobs.ts'
import { ModelError } from '../platform/models/models.ts'
import type { Models } from '../platform/models/registry.ts'
import { type Egress, FetchProblem, safeFetch } from '../platform/safe-fetch.ts'
import {
  type BotJob,
  beginSource,
  giveUpSource,
  type IngestSource,
  isReading,
  type Page,
  type PageChange,
  pageOf,
  pagesWithText,
  reindexBot,
  type Source,
  savePage,
  settleSource,
} from '../sources/sources.ts'
import type { Document, Extract } from './document.ts'
import { ReadProblem } from './read-problem.ts'
import type { Reader } from './reader.ts'

export interface IngestPorts {
  db: Db
  models: Pick<Models, 'embeddingModel'>
  egress: Egress
  reader: Reader
}

/**
 * Reads a source into the index. The old version answers until the new one is whole. Any part may be done again: a try
 * after a crash finds what is unchanged and puts each passage in place once. Faults that may pass are thrown, so that the
 * job is tried again; the others end in a reason on the page and on the source.
 */
export function sourceIngestion(ports: IngestPorts): JobHandler<IngestSource> {
  return {
    async run(job, signal) {
      const source = await beginSource(ports, job)
      const page = source && (await pageOf(ports, source))
      if (!source || !page) return
      try {
        await ingestPage(ports, source, page, signal)
        await settleSource(ports, job, 'ready', null)
      } catch (error) {
        if (signal.aborted) {
          await settleSource(ports, job, 'queued', null)
          throw error
        }
        const { reason, mayPass } = explain(error, page)
        await savePage(ports, page, { state: 'failed', reason })
        await settleSource(ports, job, mayPass ? 'queued' : 'failed', reason)
        if (mayPass) throw error
      }
    },
    giveUp: (job) => giveUpSource(ports, job, 'Reading it was broken off each time.'),
  }
}

/** Learns anew what the bot cannot answer, once nothing more is about to be read. */
export function botCalibration({ db, models }: Pick<IngestPorts, 'db' | 'models'>): JobHandler<BotJob> {
  return {
    async run({ workspaceId, botId }) {
      if (await isReading({ db }, workspaceId, botId)) return
      await calibrate({ db, embeddings: await models.embeddingModel(null) }, workspaceId, botId)
    },
    // The thresholds stay as they were.
    giveUp: async () => {},
  }
}

/** Makes a bot's vectors anew, from the text that was read, after the embedding model has changed. */
export function botReindexing({ db, models, reader }: Omit<IngestPorts, 'egress'>): JobHandler<BotJob> {
  return {
    async run({ workspaceId, botId }, signal) {
      const embeddings = await models.embeddingModel(null)
      for await (const { id, title, language, markdown } of pagesWithText({ db }, workspaceId, botId)) {
        signal.throwIfAborted()
        const passages = await reader.chunk(markdown)
        await indexPage({ db, embeddings }, workspaceId, botId, { pageId: id, title, language }, passages)
      }
      await calibrate({ db, embeddings }, workspaceId, botId)
    },
    // Words alone find its passages; the next start tries again.
    giveUp: async () => {},
  }
}

/** Enqueues `reindex-bot` for each bot whose vectors are of another model than is now in use. */
export async function reindexAfterChange({ db, models }: Pick<IngestPorts, 'db' | 'models'>): Promise<void> {
  const { rows } = await db.execute(sql`select 1 from bot_indexes limit 1`)
  if (rows.length === 0) return
  const embeddings = await models.embeddingModel(null)
  for (const bot of await listBotsOfOtherModels({ db, embeddings })) await enqueue(db, reindexBot, bot satisfies BotJob)
}

async function ingestPage(ports: IngestPorts, source: Source, page: Page, signal: AbortSignal): Promise<void> {
  const fetched = source.content === null ? await fetchPage(ports.egress, source, page, signal) : null
  const checked: PageChange = { reason: null, fetchedAt: new Date(), ...fetched?.change }
  if (fetched && !fetched.document) return await savePage(ports, page, { ...checked, state: 'unchanged' })

  const document = fetched?.document ?? pasted(source.content ?? '')
  const extract = await ports.reader.extract(document)
  const title = source.title ?? (extract.title || nameOf(fetched?.url ?? source.url))
  const url = fetched ? publicAddress(fetched.url, extract.canonicalUrl) : source.url
  const content: PageChange = {
    url,
    title,
    language: extract.language ?? fetched?.language ?? null,
    bytes: document.body.byteLength,
    markdown: extract.markdown,
    contentHash: hashOf(title, extract),
  }
  if (content.contentHash === page.contentHash)
    return await savePage(ports, page, { ...checked, ...content, state: 'unchanged' })

  await savePage(ports, page, { state: 'fetched', fetchedAt: new Date() })
  const passages = await ports.reader.chunk(extract.markdown)
  const embeddings = await ports.models.embeddingModel(null)
  signal.throwIfAborted()
  const toIndex = { pageId: page.id, title, language: content.language ?? null }
  await indexPage({ db: ports.db, embeddings }, page.workspaceId, page.botId, toIndex, passages)
  await savePage(ports, page, { ...checked, ...content, state: 'indexed' })
}

interface FetchedPage {
  url: string
  language: string | null
  /** Null when the site says that nothing has changed. */
  document: Document | null
  change: PageChange
}

async function fetchPage(egress: Egress, source: Source, page: Page, signal: AbortSignal): Promise<FetchedPage> {
  // Without what was read before, "not modified" would leave nothing.
  const known = page.contentHash === null ? {} : { known: page }
  const fetched = await safeFetch(egress, source.url ?? '', { ...known, signal })
  const { url, status, etag, lastModified, contentType, charset, body } = fetched
  return {
    url,
    language: fetched.contentLanguage?.split(',', 1)[0]?.trim() || null,
    document: status === 304 ? null : { url, contentType, charset, body },
    change: { httpStatus: status, ...(status !== 304 && { etag, lastModified }) },
  }
}

function pasted(content: string): Document {
  return { url: null, contentType: 'text/markdown', charset: 'utf-8', body: Buffer.from(content) }
}

/** A page may name its own address without what only counts visits; anything else it says of itself is not believed. */
function publicAddress(address: string, canonical: string | null): string {
  const url = new URL(address)
  url.hash = ''
  const own = canonical === null ? null : URL.parse(canonical)
  if (own && own.origin === url.origin && own.pathname === url.pathname) {
    own.hash = ''
    return own.href
  }
  return url.href
}

function nameOf(address: string | null): string {
  const url = address === null ? null : URL.parse(address, 'http://this.invalid')
  if (!url) return 'Untitled'
  const path = url.pathname === '/' ? '' : url.pathname
  return url.host === 'this.invalid' ? path || 'Untitled' : url.host + path
}

function hashOf(title: string, { language, markdown }: Extract): string {
  return createHash('sha256')
    .update(JSON.stringify([title, language, markdown]))
    .digest('hex')
}

function explain(error: unknown, page: Page): { reason: string; mayPass: boolean } {
  const rest = page.contentHash === null ? '' : ' What was read before still answers.'
  if (error instanceof FetchProblem) return { reason: error.message + rest, mayPass: error.isPassing }
  if (error instanceof ReadProblem) return { reason: error.message + rest, mayPass: false }
  if (error instanceof ModelError)
    return {
      reason: `The embedding model ${error.code === 'llm_auth_failed' ? 'refused our key' : 'did not answer'}.${rest}`,
      mayPass: true,
    }
  return { reason: `Something went wrong on our side.${rest}`, mayPass: true }
}

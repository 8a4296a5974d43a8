import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import {
  ingestPorts,
  makeBot,
  readSource,
  readToTheEnd,
  startIngesting,
  wordEmbeddings,
} from '../../testing/ingesting.ts'
import { pageOf, sitemapOf, startWebsite, type Website } from '../../testing/website.ts'
import { saveBot } from '../bots/bots.ts'
import { search } from '../knowledge/knowledge.ts'
import { silentLog } from '../platform/log.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import { listPagesOf } from '../sources/pages.ts'
import {
  addSource,
  changeSource,
  findSource,
  removePageOf,
  removeSource,
  removeSourcesOfDeletedBots,
  type SourceDraft,
  type SourceRef,
} from '../sources/sources.ts'
import { cancelSync, listSyncs, pauseSync, resumeSync, startDueSyncs, startSync } from '../sources/syncs.ts'

describe.each(lanes)('$name › sync', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function add(draft: SourceDraft): Promise<SourceRef> {
    const bot = await makeBot(database)
    await database.db.execute(sql`update workspaces set plan = 'unlimited' where id = ${bot.workspaceId}`)
    return { ...bot, sourceId: await addSource(database, bot.workspaceId, bot.botId, draft) }
  }

  async function read(ref: SourceRef, embeddings?: EmbeddingModel): Promise<void> {
    await using ports = ingestPorts(database, embeddings)
    await readSource(ports, ref)
  }

  async function readOn(ref: SourceRef): Promise<void> {
    await using ports = ingestPorts(database)
    await readToTheEnd(ports, ref)
  }

  const website = (pages: number): Promise<Website> =>
    startWebsite(
      Object.fromEntries(
        Array.from({ length: pages }, (_, n) => [n === 0 ? '/' : `/p${n}`, pageOf(`P${n}`, [`/p${n + 1}`])]),
      ),
    )

  async function titles({ botId }: SourceRef): Promise<unknown[]> {
    const { rows } = await database.db.execute(sql`
      select title from passages where bot_id = ${botId} order by length(title), title`)
    return rows.map(({ title }) => title)
  }

  const jobsOf = async ({ sourceId }: SourceRef) => {
    const { rows } = await database.db.execute(sql`
      select 1 from pgboss.job where data->'data'->>'sourceId' = ${sourceId} and state in ('created', 'active', 'retry')`)
    return rows.length
  }

  test('asked for while one runs › that one, and no second', async () => {
    const ref = await add({ kind: 'text', title: 'Hours', content: 'Nine to five.' })
    const ids = await Promise.all([startSync(database, ref), startSync(database, ref), startSync(database, ref)])
    expect(new Set(ids).size).toBe(1)
    expect(await jobsOf(ref)).toBe(1)
    expect(await listSyncs(database, ref)).toHaveLength(1)
  })

  test('a schedule › begun when its time has come, once, by several workers at the same time', async () => {
    const ref = await add({ kind: 'text', title: 'Hours', content: 'Nine to five.' })
    await read(ref)
    await changeSource(database, ref, { schedule: 'daily' })
    await startDueSyncs(database)
    expect(await listSyncs(database, ref)).toHaveLength(1)
    await database.db.execute(sql`update sources set next_sync_at = now() where id = ${ref.sourceId}`)
    await Promise.all([startDueSyncs(database), startDueSyncs(database), startDueSyncs(database)])
    expect(await listSyncs(database, ref)).toHaveLength(2)
    const next = (await findSource(database, ref))?.nextSyncAt?.getTime() ?? 0
    expect(next - Date.now()).toBeGreaterThan(23 * 3_600_000)

    await read(ref)
    await database.db.execute(sql`update sources set next_sync_at = now() where id = ${ref.sourceId}`)
    await database.db.execute(sql`update workspaces set suspended_at = now() where id = ${ref.workspaceId}`)
    await startDueSyncs(database)
    expect(await listSyncs(database, ref)).toHaveLength(2)
  })

  test('paused while it reads › no further page is begun; it goes on where it was, and asks for nothing twice', async () => {
    await using site = await website(12)
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    let embedded = 0
    const pausing: EmbeddingModel = {
      ...wordEmbeddings,
      async embed(texts, kind) {
        if (++embedded === 4) await pauseSync(database, ref)
        return wordEmbeddings.embed(texts, kind)
      },
    }
    await read(ref, pausing)
    expect(await findSource(database, ref)).toMatchObject({ state: 'paused' })
    const asked = site.asked.length
    expect(asked).toBeLessThan(12)
    await read(ref)
    expect(site.asked).toHaveLength(asked)

    await resumeSync(database, ref)
    await read(ref)
    expect(await findSource(database, ref)).toMatchObject({ state: 'ready', pages: { indexed: 12, failed: 1 } })
    expect(new Set(site.asked).size).toBe(site.asked.length)
  })

  test('called off while it reads › what was read answers, the rest is forgotten, and the next sync reads all', async () => {
    await using site = await website(10)
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    let embedded = 0
    await read(ref, {
      ...wordEmbeddings,
      async embed(texts, kind) {
        if (++embedded === 3) await cancelSync(database, ref)
        return wordEmbeddings.embed(texts, kind)
      },
    })
    expect(await findSource(database, ref)).toMatchObject({ state: 'cancelled', pages: { queued: 0, fetched: 0 } })
    expect(await titles(ref)).toEqual(['P0', 'P1'])
    await read(ref)
    expect(await titles(ref)).toHaveLength(10)
  })

  test('content that changes while it is read › the newest answers, however late the older one is', async () => {
    const draft = { kind: 'text', title: 'Hours', content: 'Nine to five.' } as const
    const ref = await add(draft)
    await read(ref, {
      ...wordEmbeddings,
      async embed(texts, kind) {
        if (texts.join().includes('Nine')) {
          await addSource(database, ref.workspaceId, ref.botId, { ...draft, content: 'Eight to four.' })
          await read(ref)
        }
        return wordEmbeddings.embed(texts, kind)
      },
    })
    const { rows } = await database.db.execute(sql`select text from passages where bot_id = ${ref.botId}`)
    expect(rows).toEqual([{ text: 'Eight to four.' }])
    expect(await findSource(database, ref)).toMatchObject({ state: 'ready', pages: { indexed: 1 } })
  })

  test('a page that fails for a while › tried again, its old text and all that it led to answer on', async () => {
    await using site = await website(4)
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    await read(ref)
    site.pages.set('/p1', { status: 503, headers: { 'retry-after': '120' } })
    await read(ref)
    const waiting = (await listPagesOf(database, ref, { limit: 10 })).find(({ title }) => title === 'P1')
    expect(waiting).toMatchObject({ state: 'queued', reason: expect.stringContaining('503') })
    expect((waiting?.notBefore?.getTime() ?? 0) - Date.now()).toBeGreaterThan(100_000)
    await readOn(ref)
    expect(await findSource(database, ref)).toMatchObject({ state: 'ready', pages: { unchanged: 3, failed: 2 } })
    expect(await titles(ref)).toEqual(['P0', 'P1', 'P2', 'P3'])
  })

  test.each([
    ['down', 503],
    ['gone', 404],
  ])('a whole site that is %s › everything answers on, and the source says why', async (_name, status) => {
    await using site = await website(8)
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    await read(ref)
    site.pages.get = () => ({ status })
    await readOn(ref)
    const [sync] = await listSyncs(database, ref)
    expect(sync).toMatchObject({ removed: 0, reason: expect.stringContaining(String(status)) })
    expect(await titles(ref)).toHaveLength(8)
  })

  test('pages that are gone, or of which robots.txt thinks otherwise › removed with the end of the sync', async () => {
    await using site = await startWebsite({
      '/': pageOf('Home', ['/a', '/b', '/c']),
      '/a': pageOf('A'),
      '/b': pageOf('B'),
      '/c': pageOf('C'),
    })
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    await read(ref)
    site.pages.delete('/a')
    site.pages.set('/robots.txt', 'User-agent: *\nDisallow: /b')
    await read(ref)
    expect(await titles(ref)).toEqual(['C', 'Home'])
    const [sync] = await listSyncs(database, ref)
    expect(sync?.changes.map(({ change, title }) => `${change} ${title}`).sort()).toEqual(['removed A', 'removed B'])
    expect(await findSource(database, ref)).toMatchObject({ pages: { failed: 1, skipped: 1, unchanged: 2 } })
  })

  test('a page that is deleted › gone from everything, and not read again', async () => {
    await using site = await website(3)
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    await read(ref)
    const page = (await listPagesOf(database, ref, { limit: 10 })).find(({ title }) => title === 'P2')
    if (!page) throw new Error('no page')
    await removePageOf(database, ref, page.id)
    expect(await titles(ref)).toEqual(['P0', 'P1'])
    await read(ref)
    expect(await titles(ref)).toEqual(['P0', 'P1'])
  })

  /** Every table that holds the word, in whatever column. */
  async function tablesWith(word: string): Promise<string[]> {
    const { rows } = await database.db.execute<{ name: string }>(sql`
      select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`)
    const found: string[] = []
    for (const { name } of rows) {
      const { rows: hits } = await database.db.execute(
        sql`select 1 from ${sql.raw(name)} t where t::text ilike ${`%${word}%`} limit 1`,
      )
      if (hits.length > 0) found.push(name)
    }
    return found
  }

  const deleted: [string, (ref: SourceRef) => Promise<void>][] = [
    ['source', ({ workspaceId, botId, sourceId }) => removeSource(database, workspaceId, botId, sourceId)],
    [
      'bot',
      async ({ workspaceId, botId }) => {
        await saveBot(database, workspaceId, { name: 'Bot', deletedAt: new Date() }, botId)
        await removeSourcesOfDeletedBots(database)
      },
    ],
  ]
  test.each(deleted)(
    'a %s that is deleted › nothing of it is found, and nothing is left in any table',
    async (_name, remove) => {
      await using site = await startWebsite({
        '/': pageOf('Zorblat', ['/zorblat'], 'The zorblat sings at noon.'),
        '/zorblat': pageOf('More', [], 'Another zorblat sings at night.'),
      })
      const ref = await add({ kind: 'website', url: `${site.url}/` })
      await read(ref)
      await addSource(database, ref.workspaceId, ref.botId, {
        kind: 'qa',
        question: 'A zorblat?',
        answer: 'It sings.',
      })
      await read({
        ...ref,
        sourceId: await addSource(database, ref.workspaceId, ref.botId, {
          kind: 'qa',
          question: 'A zorblat?',
          answer: 'It sings.',
        }),
      })
      expect(await tablesWith('zorblat')).toEqual(
        expect.arrayContaining([
          'public.pages',
          'public.passages',
          'public.postings',
          'public.sources',
          'public.sync_changes',
        ]),
      )
      const { rows } = await database.db.execute<{ id: SourceRef['sourceId'] }>(
        sql`select id from sources where bot_id = ${ref.botId}`,
      )
      for (const { id } of rows) await remove({ ...ref, sourceId: id })
      expect(await tablesWith('zorblat')).toEqual([])
      for (const table of ['pages', 'passages', 'passage_vectors', 'postings', 'syncs', 'sync_changes', 'sources']) {
        const left = await database.db.execute(sql`select 1 from ${sql.identifier(table)} where bot_id = ${ref.botId}`)
        expect(left.rows, table).toEqual([])
      }
      const ports = { ...database, embeddings: wordEmbeddings, log: silentLog }
      const asked = { question: 'When does the zorblat sing?', history: [] }
      expect((await search(ports, ref.workspaceId, ref.botId, asked)).passages).toEqual([])
    },
  )

  test('workers › a sitemap of 60 pages is read to its end, job after job, beside a text that does not wait for it', async () => {
    await using site = await startWebsite()
    const paths = Array.from({ length: 60 }, (_, n) => `/p${n}`)
    for (const path of paths) site.pages.set(path, pageOf(path))
    site.pages.set('/sitemap.xml', sitemapOf(...paths.map((path) => site.url + path)))
    await using _worker = await startIngesting(database)
    const ref = await add({ kind: 'sitemap', url: `${site.url}/sitemap.xml` })
    const text = await add({ kind: 'text', title: 'Hours', content: 'Nine to five.' })
    for (const one of [text, ref]) {
      await vi.waitFor(async () => expect(await findSource(database, one)).toMatchObject({ state: 'ready' }), {
        timeout: 50_000,
        interval: 200,
      })
    }
    expect(await findSource(database, ref)).toMatchObject({ pages: { indexed: 60 } })
    expect(site.asked).toHaveLength(61)
  })
})

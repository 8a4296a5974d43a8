import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { ingestPorts, makeBot, readSource, readToTheEnd, wordEmbeddings } from '../../testing/ingesting.ts'
import {
  type Answer,
  packed,
  pageOf,
  sitemapIndexOf,
  sitemapOf,
  startWebsite,
  type Website,
} from '../../testing/website.ts'
import { listPagesOf } from '../sources/pages.ts'
import { addSource, findSource, type SourceDraft, type SourceRef } from '../sources/sources.ts'
import { listSyncs } from '../sources/syncs.ts'
import type { SourceSettings } from '../sources/tables.ts'

describe.each(lanes)('$name › crawl', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function add(draft: SourceDraft, plan = 'unlimited'): Promise<SourceRef> {
    const bot = await makeBot(database)
    await database.db.execute(sql`update workspaces set plan = ${plan} where id = ${bot.workspaceId}`)
    return { ...bot, sourceId: await addSource(database, bot.workspaceId, bot.botId, draft) }
  }

  async function read(ref: SourceRef): Promise<void> {
    await using ports = ingestPorts(database)
    await readSource(ports, ref)
  }

  async function crawl(site: Website, settings: SourceSettings = {}, plan?: string): Promise<SourceRef> {
    const ref = await add({ kind: 'website', url: `${site.url}/`, settings }, plan)
    await read(ref)
    return ref
  }

  /** What became of each path. */
  async function states(site: Website, ref: SourceRef): Promise<Record<string, string>> {
    const pages = await listPagesOf(database, ref, { limit: 1_000 })
    return Object.fromEntries(
      pages.map(({ address, state, problem }) => [
        address?.replace(site.url, '') ?? '',
        problem === null ? state : `${state}: ${problem}`,
      ]),
    )
  }

  async function lastSync(ref: SourceRef) {
    const [sync] = await listSyncs(database, ref)
    if (!sync) throw new Error('no sync')
    const { added, changed, removed, unchanged } = sync
    return {
      added,
      changed,
      removed,
      unchanged,
      changes: sync.changes.map(({ change, title }) => `${change} ${title}`).sort(),
    }
  }

  test('a website › every page that is linked, once, and nothing of other sites', async () => {
    await using site = await startWebsite({
      '/': pageOf('Home', ['/a', '/a?utm_source=x#top', 'b/', 'https://example.org/', 'mailto:a@b.c', '//127.0.0.2/']),
      '/a': pageOf('A', ['/', '/b/', '/c']),
      '/b/': pageOf('B', ['../c', '/missing']),
      '/c': pageOf('C'),
    })
    const ref = await crawl(site)
    expect(await states(site, ref)).toEqual({
      '/': 'indexed',
      '/a': 'indexed',
      '/b/': 'indexed',
      '/c': 'indexed',
      '/missing': 'failed: not_found',
    })
    expect(site.asked.sort()).toEqual(['/', '/a', '/b/', '/c', '/missing'])
    expect(await findSource(database, ref)).toMatchObject({ state: 'ready', reason: null })
    expect(await lastSync(ref)).toEqual({
      added: 4,
      changed: 0,
      removed: 0,
      unchanged: 0,
      changes: ['added A', 'added B', 'added C', 'added Home'],
    })
  })

  test('a second sync › what was added, changed, removed; what is unchanged is neither sent nor embedded again', async () => {
    await using site = await startWebsite({
      '/': pageOf('Home', ['/a', '/b', '/c']),
      '/a': pageOf('A', ['/deep']),
      '/deep': pageOf('Deep'),
      '/b': pageOf('B'),
      '/c': pageOf('C'),
    })
    const ref = await crawl(site)
    site.pages.set('/', pageOf('Home', ['/a', '/b', '/new']))
    site.pages.set('/b', pageOf('B', [], 'Something else altogether.'))
    site.pages.set('/new', pageOf('New'))
    await read(ref)
    // The links of /a are known, though it says that it has not changed.
    expect(await states(site, ref)).toEqual({
      '/': 'unchanged',
      '/a': 'unchanged',
      '/deep': 'unchanged',
      '/b': 'indexed',
      '/new': 'indexed',
    })
    expect(await lastSync(ref)).toEqual({
      added: 1,
      changed: 1,
      removed: 1,
      unchanged: 3,
      changes: ['added New', 'changed B', 'removed C'],
    })
    const { rows } = await database.db.execute(sql`
      select title from passages where bot_id = ${ref.botId} order by title`)
    expect(rows.map(({ title }) => title)).toEqual(['A', 'B', 'Deep', 'Home', 'New'])
  })

  test('include, exclude and depth › heeded', async () => {
    await using site = await startWebsite({
      '/': pageOf('Home', ['/docs/a', '/docs/private/x', '/blog/a']),
      '/docs/a': pageOf('A', ['/docs/b']),
      '/docs/b': pageOf('B', ['/docs/c']),
      '/docs/c': pageOf('C'),
    })
    const ref = await crawl(site, { include: ['/docs/*'], exclude: ['*/private/*'], maxDepth: 2 })
    expect(await states(site, ref)).toEqual({ '/': 'indexed', '/docs/a': 'indexed', '/docs/b': 'indexed' })
  })

  const robots = 'User-agent: *\nDisallow: /secret\nCrawl-delay: 0\nSitemap: /pages.xml'
  const big = { body: Buffer.alloc(3_000_000, 'a'), headers: { 'content-type': 'text/html' } }
  const hostile: [page: string, answer: string | Answer | null, state: string, words: string][] = [
    ['kept out by robots.txt', pageOf('Secret'), 'skipped: robots', 'robots.txt'],
    [
      'kept out by itself',
      pageOf('Hidden').replace('<head>', '<head><meta name=robots content=noindex>'),
      'skipped: noindex',
      'noindex',
    ],
    ['not there', { status: 404 }, 'failed: not_found', 'no page'],
    ['gone', { status: 410 }, 'failed: not_found', 'no page'],
    ['behind a login', { status: 401 }, 'failed: login', 'login'],
    ['behind a form', { status: 302, headers: { location: '/login' } }, 'failed: login', 'login'],
    [
      'at an address within',
      { status: 302, headers: { location: 'http://10.0.0.1/' } },
      'failed: blocked_address',
      'public internet',
    ],
    [
      'without an end of redirects',
      { status: 302, headers: { location: '/page' } },
      'failed: too_many_redirects',
      'redirects',
    ],
    [
      'only for JavaScript',
      '<html><body><div id="root"></div><script>app()</script></body></html>',
      'failed: needs_javascript',
      'JavaScript',
    ],
    ['empty', '<html><body></body></html>', 'failed: empty', 'No text'],
    ['as another', pageOf('Home', ['/page']), 'skipped: duplicate', 'the same as'],
    [
      'another’s, as it says',
      pageOf('Home too').replace('<head>', '<head><link rel=canonical href="/">'),
      'skipped: duplicate',
      'the same as',
    ],
    ['too large', big, 'failed: too_large', 'larger than'],
    [
      'an image',
      { headers: { 'content-type': 'image/png' }, body: Buffer.from([137, 80]) },
      'skipped: unsupported_type',
      'neither',
    ],
    ['silent', null, 'failed: timed_out', 'did not answer'],
    ['broken', { status: 500 }, 'failed: http_status', 'HTTP 500'],
  ]
  test.each(hostile)('a page that is %s › said so, and the others are read', async (_name, answer, state, words) => {
    const path = state === 'skipped: robots' ? '/secret/page' : '/page'
    await using site = await startWebsite({
      '/robots.txt': robots,
      '/': pageOf('Home', [path]),
      [path]: answer,
      '/login': '<html><body><form><input type="password"></form></body></html>',
    })
    // The home page links to it, so that it is the same as itself.
    const ref = await add({ kind: 'website', url: `${site.url}/` })
    const limits = { totalMs: 300, maxBytes: 2_000_000 }
    await using ports = ingestPorts(database, wordEmbeddings, limits)
    await readToTheEnd(ports, ref)
    expect(await states(site, ref)).toMatchObject({ '/': 'indexed', [path]: state })
    const pages = await listPagesOf(database, ref, { limit: 10 })
    expect(pages.find(({ address }) => address === site.url + path)?.reason).toContain(words)
    expect(await findSource(database, ref)).toMatchObject({ state: 'ready' })
  })

  test('a page that redirects to another site › skipped: other_site', async () => {
    await using other = await startWebsite({ '/': pageOf('Other') })
    await using site = await startWebsite({
      '/': pageOf('Home', ['/away']),
      '/away': { status: 302, headers: { location: `${other.url}/` } },
    })
    const ref = await crawl(site)
    expect(await states(site, ref)).toEqual({ '/': 'indexed', '/away': 'skipped: other_site' })
  })

  test('a million links that lead to more › ends at the cap of the plan, and says so', async () => {
    await using site = await startWebsite()
    let asked = 0
    site.pages.get = (path) => {
      asked++
      const n = Number(/\d+/.exec(path)?.[0] ?? 0)
      const links = Array.from({ length: 50 }, (_, at) => `/page-${'abcdefghij'[at % 10]}${n * 50 + at}/`)
      return path === '/robots.txt' ? undefined : pageOf(path, links)
    }
    const ref = await crawl(site, {}, 'free')
    expect(await findSource(database, ref)).toMatchObject({
      state: 'ready',
      reason: expect.stringContaining('over the cap of the plan'),
      pages: { indexed: 100, skipped: 200 },
    })
    expect(asked).toBeLessThanOrEqual(102)
  })

  test('a calendar without an end › 500 of its pages at most', async () => {
    await using site = await startWebsite()
    site.pages.get = (path) => {
      const n = Number(/\d+/.exec(path)?.[0] ?? 0)
      const links = Array.from({ length: 300 }, (_, at) => `/calendar/${n + at + 1}/`)
      return path === '/robots.txt' ? undefined : pageOf(path, links)
    }
    const ref = await crawl(site)
    expect((await findSource(database, ref))?.pages.indexed).toBe(501)
  })

  test('a sitemap › an index of packed sitemaps, other sites left out, lastmod believed', async () => {
    await using site = await startWebsite({ '/a': pageOf('A'), '/b': pageOf('B'), '/c': pageOf('C') })
    const { url } = site
    site.pages.set('/sitemap.xml', sitemapIndexOf(`${url}/one.xml.gz`, `${url}/two.xml`))
    site.pages.set('/one.xml.gz', packed(sitemapOf([`${url}/a`, '2020-01-01'], [`${url}/b`, '2020-01-01'])))
    site.pages.set('/two.xml', sitemapOf(`${url}/c`, 'http://10.0.0.1/', 'https://example.org/d'))
    const ref = await add({ kind: 'sitemap', url: `${url}/sitemap.xml` })
    await read(ref)
    expect(await states(site, ref)).toEqual({ '/a': 'indexed', '/b': 'indexed', '/c': 'indexed' })
    expect(await findSource(database, ref)).toMatchObject({
      state: 'ready',
      reason: '2 addresses of other sites were left out.',
    })

    site.takeAsked()
    site.pages.set('/b', pageOf('B', [], 'Another text.'))
    site.pages.set('/one.xml.gz', packed(sitemapOf([`${url}/b`, '2090-01-01'])))
    site.pages.set('/two.xml', sitemapOf([`${url}/c`, '2020-01-01']))
    await read(ref)
    expect(await lastSync(ref)).toMatchObject({ changes: ['changed B', 'removed A'], unchanged: 1 })
    expect(site.takeAsked().sort()).toEqual(['/b', '/one.xml.gz', '/sitemap.xml', '/two.xml'])
  })

  test('a site in place of its sitemap › those that robots.txt names, else the usual one', async () => {
    await using site = await startWebsite({ '/': pageOf('Home'), '/a': pageOf('A'), '/b': pageOf('B') })
    site.pages.set('/named.xml', sitemapOf(`${site.url}/a`))
    site.pages.set('/sitemap.xml', sitemapOf(`${site.url}/b`))
    site.pages.set('/robots.txt', `Sitemap: ${site.url}/named.xml`)
    const ref = await add({ kind: 'sitemap', url: site.url })
    await read(ref)
    expect(await states(site, ref)).toEqual({ '/a': 'indexed' })
    site.pages.delete('/robots.txt')
    await read(ref)
    expect(await states(site, ref)).toEqual({ '/b': 'indexed' })
  })

  test('a website whose robots.txt names a sitemap › pages that nothing links to as well', async () => {
    await using site = await startWebsite({ '/': pageOf('Home', ['/a']), '/a': pageOf('A'), '/b': pageOf('B') })
    site.pages.set('/robots.txt', `Sitemap: ${site.url}/sitemap.xml`)
    site.pages.set('/sitemap.xml', sitemapOf(`${site.url}/b`))
    expect(await states(site, await crawl(site))).toEqual({ '/': 'indexed', '/a': 'indexed', '/b': 'indexed' })
  })

  const noSitemap: [string, string | Answer | undefined, string][] = [
    ['missing', undefined, 'could not be read'],
    ['a page', pageOf('Home'), 'could not be read'],
    ['empty', '<urlset></urlset>', 'names no page'],
    [
      'full of entities',
      `<!DOCTYPE u [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>`,
      'could not be read',
    ],
    ['a gzip bomb', packed(' '.repeat(60_000_000)), 'could not be read'],
  ]
  test.each(noSitemap)(
    'a sitemap that is %s › the source has failed, and what was read before answers',
    async (_name, xml, words) => {
      await using site = await startWebsite({ '/a': pageOf('A') })
      site.pages.set('/sitemap.xml', sitemapOf(`${site.url}/a`))
      const ref = await add({ kind: 'sitemap', url: `${site.url}/sitemap.xml` })
      await read(ref)
      if (xml === undefined) site.pages.delete('/sitemap.xml')
      else site.pages.set('/sitemap.xml', xml)
      await read(ref)
      expect(await findSource(database, ref)).toMatchObject({ reason: expect.stringContaining(words) })
      expect(await lastSync(ref)).toMatchObject({ removed: 0 })
      const { rows } = await database.db.execute(sql`select title from passages where bot_id = ${ref.botId}`)
      expect(rows).toEqual([{ title: 'A' }])
    },
  )

  test('a sitemap of a million links › ends at the cap, and says so', async () => {
    await using site = await startWebsite()
    const entries = Array.from({ length: 1_000_000 }, (_, n) => `<url><loc>${site.url}/p${n}</loc></url>`).join('')
    site.pages.get = (path) =>
      path === '/sitemap.xml' ? `<urlset>${entries}</urlset>` : path === '/robots.txt' ? undefined : pageOf(path)
    const ref = await add({ kind: 'sitemap', url: `${site.url}/sitemap.xml`, settings: { maxPages: 20 } })
    await read(ref)
    expect(await findSource(database, ref)).toMatchObject({
      state: 'ready',
      reason: expect.stringContaining('over the cap of the plan'),
      pages: { indexed: 20 },
    })
  })
})

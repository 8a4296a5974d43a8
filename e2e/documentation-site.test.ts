/** The knowledge job, end to end: a documentation site saved on disk, read by its sitemap, edited, read again, and cited. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocs } from '../server/src/guide/guide.ts'
import { calibrate, type SearchResult, search } from '../server/src/knowledge/knowledge.ts'
import { silentLog as log } from '../server/src/platform/log.ts'
import { guidePage } from '../server/src/site/pages.ts'
import { addSource, type SourceRef } from '../server/src/sources/sources.ts'
import { listSyncs } from '../server/src/sources/syncs.ts'
import { startApp, type Tenant, type TestApp } from '../server/testing/app.ts'
import { lanes } from '../server/testing/database.ts'
import { ingestPorts, readToTheEnd, startSite } from '../server/testing/ingesting.ts'
import { sitemapOf } from '../server/testing/website.ts'
import { launchBrowser } from './browser.ts'

describe.each(lanes)('a documentation site, on $name', { timeout: 240_000 }, (lane) => {
  const dir = mkdtempSync(join(tmpdir(), 'mevichat-docs-'))
  const names: string[] = []
  let site: Awaited<ReturnType<typeof startSite>>
  let app: TestApp
  let browser: Browser
  let tenant: Tenant
  let ref: SourceRef

  beforeAll(async () => {
    browser = await launchBrowser()
    // With no key: both models are the built-in ones.
    app = await startApp(lane, { env: { OPENAI_API_KEY: '', MEVICHAT_CHAT_MODEL: '', MEVICHAT_EMBEDDING_MODEL: '' } })
    const pages = await readDocs()
    for (const page of pages) save(page.name, guidePage(page, pages, null))
    site = await startSite((request, response) => {
      const name = request.url?.match(/^\/docs\/([\w-]+)\.html$/)?.[1] ?? ''
      if (request.url === '/sitemap.xml') {
        const body = sitemapOf(...names.map((one) => `${site.url}/docs/${one}.html`))
        response.setHeader('content-type', 'application/xml').end(body)
      } else if (names.includes(name)) {
        response.setHeader('content-type', 'text/html; charset=utf-8').end(readFileSync(join(dir, `${name}.html`)))
      } else response.writeHead(404).end()
    })
    tenant = await app.tenant()
    const { workspaceId, botId } = tenant
    const sourceId = await addSource(app.ports, workspaceId, botId, { kind: 'sitemap', url: `${site.url}/sitemap.xml` })
    ref = { workspaceId, botId, sourceId }
  })
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true, force: true })
  })

  function save(name: string, html: string): void {
    if (!names.includes(name)) names.push(name)
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, `${name}.html`), html)
  }

  async function sync() {
    const embeddings = await app.ports.models.embeddingModel(null)
    await using ports = ingestPorts(app.database, embeddings)
    await readToTheEnd(ports, ref)
    await calibrate({ db: app.ports.db, embeddings }, ref.workspaceId, ref.botId)
    const [latest] = await listSyncs(app.ports, ref)
    return {
      state: latest?.state,
      changes: latest?.changes.map(({ change, url }) => `${change} ${new URL(url ?? '').pathname}`).sort(),
    }
  }

  async function find(question: string): Promise<SearchResult> {
    const embeddings = await app.ports.models.embeddingModel(null)
    return search({ db: app.ports.db, embeddings, log }, ref.workspaceId, ref.botId, { question, history: [] })
  }

  it('is read whole, page by page', async () => {
    const { state, changes } = await sync()
    expect(state).toBe('ready')
    expect(changes).toEqual(names.map((name) => `added /docs/${name}.html`).sort())
  })

  it('answers with a citation that opens the passage', async () => {
    const body = {
      public_key: tenant.publicKey,
      session_id: crypto.randomUUID(),
      message: 'How many messages a month does the Pro plan have?',
    }
    const { events } = await app.chat(body)
    const cited = events.find(({ event }) => event === 'citations')?.data.citations as { url: string; quote: string }[]
    const first = cited.find(({ quote }) => quote.includes('5,000'))
    expect(first?.url).toContain(`${site.url}/docs/quotas.html#:~:text=`)

    const page = await browser.newPage({ viewport: { width: 900, height: 500 } })
    await page.goto(first?.url ?? '')
    const quoted = page.locator('td, p, li').filter({ hasText: '5,000' }).first()
    const isInView = () =>
      quoted.evaluate((node) => {
        const { top, bottom } = node.getBoundingClientRect()
        return top >= 0 && bottom <= innerHeight
      })
    await expect.poll(isInView, { timeout: 20_000 }).toBe(true)
    await page.close()
  })

  it('read again after edits, says exactly what was added, changed and removed, and answers from that', async () => {
    const quotas = readFileSync(join(dir, 'quotas.html'), 'utf8')
    save('quotas', quotas.replaceAll('5,000', '7,345'))
    save(
      'holidays',
      '<!doctype html><html lang="en"><title>Holidays</title><main><h1>Holidays</h1><p>Our support is closed on the first Monday of August.</p></main></html>',
    )
    names.splice(names.indexOf('privacy'), 1)

    const { state, changes } = await sync()
    expect(state).toBe('ready')
    expect(changes).toEqual(['added /docs/holidays.html', 'changed /docs/quotas.html', 'removed /docs/privacy.html'])

    const { passages } = await find('How many messages a month does the Pro plan have?')
    expect(passages.map(({ text }) => text).join()).toContain('7,345')
    expect(passages.map(({ text }) => text).join()).not.toContain('5,000 messages')
    expect((await find('When is support closed?')).passages[0]?.url).toBe(`${site.url}/docs/holidays.html`)
    const ofPrivacy = await find('What does Mevichat store about a visitor?')
    expect(ofPrivacy.passages.every(({ url }) => !url?.includes('privacy'))).toBe(true)
  })

  it('read again without edits, says that nothing changed', async () => {
    expect(await sync()).toEqual({ state: 'ready', changes: [] })
  })
})

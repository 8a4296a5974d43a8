/** The first five minutes: from the printed link to a cited answer in the widget on a page of another origin. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSite } from '../../server/testing/ingesting.ts'
import { type ServerProcess, startServer } from '../../server/testing/process.ts'
import { launchBrowser } from '../browser.ts'
import { ensureWidget } from '../widget-build.ts'
import { faultsOf } from './scene.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-minutes-'))
const question = 'How long does delivery take?'
const html = (
  title: string,
  body: string,
) => `<!doctype html><html lang="de-AT"><head><title>${title} – Corner Shop</title>
  <meta property="og:site_name" content="Corner Shop"><meta name="theme-color" content="#b45309"></head>
  <body><main><h1>${title}</h1>${body}</main></body></html>`

describe('an owner’s first five minutes', () => {
  let browser: Browser
  let server: ServerProcess
  let site: Awaited<ReturnType<typeof startSite>>
  /** A page that is held is answered once it is let go. */
  const pages = new Map<string, { body: string; held?: Promise<void> }>()
  const letGo = Promise.withResolvers<void>()
  beforeAll(async () => {
    await ensureWidget()
    pages
      .set('/', {
        body: html(
          'Welcome',
          `<p>We are a small shop at the corner of the market, and we deliver.</p>
          <a href="/delivery">Delivery</a> <a href="/returns">Returns</a>`,
        ),
      })
      .set('/delivery', {
        body: html(
          'Delivery',
          `<h2>${question}</h2><p>Parcels are sent within one working day and arrive after two to three working days.</p>`,
        ),
      })
      .set('/favicon.ico', { body: '' })
      .set('/returns', { body: html('Returns', '<p>You can return anything within 30 days.</p>'), held: letGo.promise })
    site = await startSite(async (request, response) => {
      const page = pages.get(request.url ?? '')
      await page?.held
      response.writeHead(page ? 200 : 404, { 'content-type': 'text/html' }).end(page?.body)
    })
    browser = await launchBrowser()
    server = await startServer('all', {
      MEVICHAT_DATA_DIR: dataDir,
      MEVICHAT_DEMO: 'off',
      MEVICHAT_EGRESS_ALLOW: new URL(site.url).host,
    })
  })
  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
    await site[Symbol.asyncDispose]()
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function printedLink(): Promise<string> {
    const found = () => /https?:\/\/\S+first-owner\/\?token=[\w-]+/.exec(server.lines.join('\n'))?.[0]
    await expect.poll(found, { timeout: 20_000 }).toBeDefined()
    return found() ?? ''
  }
  const patient = { timeout: 40_000 }
  const steps = (page: Page) =>
    page
      .locator('section', { hasText: 'Until it is live' })
      .getByText(/^(Done|To do|Look at this)$/)
      .allInnerTexts()

  it('lead from the printed link to a cited answer on their own page, and the page notices by itself', async () => {
    const page: Page = await (await browser.newContext()).newPage()
    const faults = faultsOf(page)
    await page.goto(await printedLink())
    await page.getByRole('textbox').nth(0).fill('Olive Owner')
    await page.getByRole('textbox').nth(1).fill('olive@example.com')
    await page.getByRole('button').first().click()
    await page.waitForURL(/\/app\//)

    // One field, and the name and colour are read from the page.
    await page.getByRole('link', { name: 'New bot' }).first().click()
    await page.getByLabel('Your website').fill(site.url)
    await page.getByRole('button', { name: 'Make the bot' }).click()
    await page.getByRole('heading', { name: 'Corner Shop is learning' }).waitFor(patient)

    // The count moves while pages are read, and goes on while the place is left.
    await page.getByText(/^2 pages can be asked about · 1 still to be read/).waitFor(patient)
    const [, workspaceId, botId] = new URL(page.url()).pathname.split('/').slice(1)
    await page.getByRole('link', { name: 'To the dashboard' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Give it something to answer from' }).getByText('Done').waitFor()
    expect(await steps(page)).toEqual(['Done', 'To do', 'To do', 'To do'])
    await page.getByRole('link', { name: 'Knowledge' }).click()
    await page.getByText('Reading', { exact: true }).waitFor()
    await page.reload()
    await page.getByText('Reading', { exact: true }).waitFor()
    await page.goto(`${server.url}/app/${workspaceId}/${botId}/welcome`)
    await page.getByRole('heading', { name: 'Corner Shop is learning' }).waitFor()
    letGo.resolve()
    await page.getByText(/^3 pages can be asked about$/).waitFor(patient)
    await page.getByRole('heading', { name: 'Corner Shop is ready' }).waitFor(patient)

    // Name, colour and language are those of the page.
    const bot = await page.request.get(`${server.url}/api/workspaces/${workspaceId}/bots/${botId}/`)
    expect(await bot.json()).toMatchObject({
      name: 'Corner Shop',
      settings: { theme: { accent: '#b45309' }, locale: 'de-AT' },
    })

    // A question of their own content, asked and answered with its source.
    await page.getByRole('button', { name: question }).click(patient)
    const said = page.getByRole('region').or(page.locator('section')).filter({ hasText: 'two to three working days' })
    await said.last().waitFor(patient)
    expect(await page.locator(`a[href^="${site.url}/delivery"]`).count()).toBeGreaterThan(0)

    // Corrected in place: it is asked again, and the owner's own answer wins.
    await page.getByRole('button', { name: 'Not right? Correct it' }).click(patient)
    await page.getByLabel('Answer', { exact: true }).fill('Parcels arrive the very next day.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Parcels arrive the very next day.').first().waitFor(patient)

    // A key for their domain, and the snippet.
    await page.getByRole('link', { name: 'Put it on your website' }).click()
    await page.getByRole('button', { name: 'Make a key' }).click()
    await page.getByLabel('Domains').fill('127.0.0.1')
    await page.getByRole('button', { name: 'Save' }).click()
    const snippet = await page.getByRole('region', { name: 'The snippet' }).locator('code').innerText()
    expect(snippet).toContain(`src="${server.url}/widget.js"`)
    const key = /mvc_pk_\w+/.exec(snippet)?.[0] ?? 'no key'
    for (const platform of ['WordPress', 'Shopify', 'React or Next.js', 'Google Tag Manager', 'HTML']) {
      await page.getByLabel('Your website is made with').selectOption(platform)
      const code = page.getByRole('region', { name: 'The snippet' }).locator('code')
      expect([platform, await code.innerText()]).toEqual([platform, expect.stringContaining(key)])
      expect(await code.innerText()).toContain(`${server.url}/widget.js`)
    }
    await page.getByText('Waiting for the first visit').waitFor()

    // Their own page, of another origin.
    pages.set('/shop', { body: html('Shop', `<p>Welcome.</p>${snippet}`) })
    const visitor = await (await browser.newContext()).newPage()
    const visitorFaults = faultsOf(visitor)
    await visitor.goto(`${site.url}/shop`)
    await visitor.getByRole('button', { name: /chat/i }).click(patient)
    await visitor.getByRole('textbox').fill('After how many working days do parcels arrive?')
    await visitor.keyboard.press('Enter')
    await visitor.locator('a[href*=":~:text="], .sources a').first().waitFor(patient)

    // The install page has noticed, and finds nothing wrong.
    await page.getByText('The widget was loaded').waitFor(patient)
    await page.getByLabel('Address of a page with the snippet').fill(`${site.url}/shop`)
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('The snippet is in the page.').waitFor(patient)
    await page.getByText('Nothing between this browser and Mevichat').waitFor(patient)
    expect(await page.getByText('(To be mended)').count()).toBe(0)
    expect({ faults, visitorFaults }).toEqual({ faults: [], visitorFaults: [] })

    // All is done, so the checklist is gone.
    await page.goto(`${server.url}/app/${workspaceId}/${botId}/home`)
    await page.getByRole('heading', { name: 'Needs you' }).waitFor()
    await expect.poll(() => page.getByText('Until it is live').count()).toBe(0)
  }, 240_000)
})

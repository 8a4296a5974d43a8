/** The first five minutes: from the printed link to a cited answer in the widget on a page of another origin. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerProcess, startServer } from '../../server/testing/process.ts'
import { startWebsite, type Website } from '../../server/testing/website.ts'
import { launchBrowser } from '../browser.ts'
import { ensureWidget } from '../widget-build.ts'
import { faultsOf } from './scene.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-minutes-'))
const question = 'How long does delivery take?'
const html = (
  title: string,
  body: string,
) => `<!doctype html><html lang="en"><head><title>${title} – Corner Shop</title>
  <meta property="og:site_name" content="Corner Shop"><meta name="theme-color" content="#b45309"></head>
  <body><main><h1>${title}</h1>${body}</main></body></html>`

describe('an owner’s first five minutes', () => {
  let browser: Browser
  let server: ServerProcess
  let site: Website
  beforeAll(async () => {
    await ensureWidget()
    site = await startWebsite({
      '/': html(
        'Welcome',
        '<p>We are a small shop at the corner of the market, and we deliver.</p><a href="/delivery">Delivery</a>',
      ),
      '/delivery': html(
        'Delivery',
        `<h2>${question}</h2><p>Parcels are sent within one working day and arrive after two to three working days.</p>`,
      ),
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
    await page.getByRole('heading', { name: 'Corner Shop' }).waitFor(patient)

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
    await page.getByText('Waiting for the first visit').waitFor()

    // Their own page, of another origin.
    site.pages.set('/shop', html('Shop', `<p>Welcome.</p>${snippet}`))
    const visitor = await (await browser.newContext()).newPage()
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
    expect(faults).toEqual([])
  }, 180_000)
})

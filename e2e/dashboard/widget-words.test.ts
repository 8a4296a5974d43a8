/** What an owner says by language and what a visitor says of an answer, each seen from the other side. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { bearer, get } from '../contract/scene.ts'
import { type DashboardScene, faultsOf, openDashboard } from './scene.ts'

let browser: Browser
let scene: DashboardScene
beforeAll(async () => {
  scene = await openDashboard()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await scene[Symbol.asyncDispose]()
})

const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 })

/** A visitor's page with the widget, in that language. */
async function visit(lang: string) {
  const { app, tenant } = scene
  const script = `<script async src="${app.url}/widget.js" data-public-key="${tenant.publicKey}" data-open></script>`
  const site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><html lang="${lang}"><title>Shop</title>${script}`)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`http://localhost:${(site.address() as AddressInfo).port}`)
  await page.locator('.panel:not([hidden])').waitFor()
  return {
    page,
    async [Symbol.asyncDispose]() {
      await context.close()
      site.closeAllConnections()
      site.close()
    },
  }
}

it('words by language: said in the dashboard, previewed, published, and read by whoever reads that language', async () => {
  const owner = await scene.as(browser, 'owner')
  const page = await owner.newPage()
  const faults = faultsOf(page)
  await page.goto(scene.place('widget'))
  await page.getByLabel('Language of the default').selectOption('en')
  await page.getByLabel('Greeting').fill('Welcome to Northwind')
  await page.getByLabel('Suggested questions').fill('How long do refunds take?')
  await page.getByLabel('Add a language').selectOption('ar')
  await until(() => page.getByLabel('Greeting').getAttribute('placeholder')).toBe('Welcome to Northwind')
  expect(await page.getByLabel('Greeting').getAttribute('dir')).toBe('rtl')
  await page.getByLabel('Greeting').fill('أهلا بكم')
  await page.getByLabel('In the empty field').fill('اسأل')
  await page.getByLabel('In the empty field').blur()
  await page.getByRole('button', { name: 'Arabic 2 of' }).waitFor()
  const preview = page.frameLocator('iframe')
  await until(() => preview.locator('.hello p').innerText()).toBe('أهلا بكم')
  expect(await preview.locator('.panel').getAttribute('dir')).toBe('rtl')
  await page.getByRole('button', { name: 'Default: English' }).click()
  await until(() => preview.locator('.hello p').innerText()).toBe('Welcome to Northwind')
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('button', { name: 'Publish' }).waitFor({ state: 'hidden' })
  expect(faults).toEqual([])
  await owner.close()

  for (const [lang, greeting, placeholder] of [
    ['ar-EG', 'أهلا بكم', 'اسأل'],
    ['de', 'Welcome to Northwind', 'Ask a question'],
  ] as const) {
    await using visitor = await visit(lang)
    await until(() => visitor.page.locator('.hello p').innerText()).toBe(greeting)
    expect(await visitor.page.getByRole('textbox').getAttribute('placeholder')).toBe(placeholder)
    expect(await visitor.page.locator('.suggestion').innerText()).toBe('How long do refunds take?')
  }
})

it('a visitor’s rating stands in the owner’s conversation, and is gone when it is taken back', async () => {
  const { app, tenant } = scene
  const { token } = await app.member(tenant.workspaceId, 'viewer')
  await using visitor = await visit('en')
  const { page } = visitor
  const sent = page.waitForRequest('**/api/chat/')
  await page.getByRole('textbox').fill('How many working days does a refund take?')
  await page.keyboard.press('Enter')
  const { session_id: id = randomUUID() } = (await sent).postDataJSON()
  const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/conversations/${id}/`
  const rating = async () => {
    const { json } = await get(app, path, { headers: bearer(token) })
    return (json as { messages: { rating: number | null }[] }).messages.map((one) => one.rating)
  }
  const no = page.getByRole('button', { name: 'Not helpful' })
  await no.click()
  await until(rating).toEqual([-1])
  await page.reload()
  await until(() => no.getAttribute('aria-pressed')).toBe('true')
  await no.click()
  await until(rating).toEqual([null])
})

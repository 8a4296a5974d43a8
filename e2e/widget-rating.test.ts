import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import { ensureWidget } from './widget-build.ts'
import { type HostPage, type StandIn, startPage, startStandIn } from './widget-stand-in.ts'

let browser: Browser
let standIn: StandIn
let host: HostPage
let context: BrowserContext
let page: Page

beforeAll(async () => {
  await ensureWidget()
  browser = await launchBrowser()
})
afterAll(() => browser.close())

beforeEach(async () => {
  standIn = await startStandIn()
  standIn.steps = ['Five days.']
  host = await startPage(standIn.origin)
  context = await browser.newContext()
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
  await host[Symbol.asyncDispose]()
  await standIn[Symbol.asyncDispose]()
})

const until = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })
const thumb = (name: 'Helpful' | 'Not helpful', at = page) => at.getByRole('button', { name, exact: true })
const pressed = async (at = page) => [
  await thumb('Helpful', at).getAttribute('aria-pressed'),
  await thumb('Not helpful', at).getAttribute('aria-pressed'),
]
const told = () => standIn.requests.filter(({ path }) => path === '/api/chat/rating/').map(({ body }) => body)

async function ask() {
  await page.goto(host.origin)
  await page.locator('.launcher').click()
  await page.getByRole('textbox').fill('How long?')
  await page.keyboard.press('Enter')
}

test('an answer is rated, rated otherwise, and not at all, by mouse and keyboard', async () => {
  await ask()
  await thumb('Helpful').click()
  await until(() => pressed()).toEqual(['true', 'false'])
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await until(() => pressed()).toEqual(['false', 'true'])
  await page.keyboard.press('Space')
  await until(() => pressed()).toEqual(['false', 'false'])
  await until(() => told().map(({ rating }) => rating)).toEqual([1, -1, null])
  const [first] = told()
  const question = standIn.asked()[0]?.body
  expect(first).toEqual({
    public_key: 'mvc_pk_test',
    session_id: question?.session_id,
    message_id: 128_000,
    rating: 1,
  })
  for (const name of ['Helpful', 'Not helpful'] as const) {
    const box = await thumb(name).boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24)
  }
})

test('a rating outlives a reload, and another tab sees it and has the last word', async () => {
  await ask()
  await thumb('Helpful').click()
  await until(() => pressed()).toEqual(['true', 'false'])
  await page.reload()
  await until(() => pressed()).toEqual(['true', 'false'])
  const other = await context.newPage()
  await other.goto(host.origin)
  await other.locator('.launcher').click()
  await until(() => pressed(other)).toEqual(['true', 'false'])
  await thumb('Not helpful', other).click()
  await until(() => pressed()).toEqual(['false', 'true'])
})

test('a rating that is not kept is taken back, with a word', async () => {
  await ask()
  await thumb('Helpful').waitFor()
  standIn.refusals = [{ status: 429, error: 'rate_limited' }]
  await thumb('Helpful').click()
  await until(() => page.locator('.rating').innerText()).toBe('That was not saved. Please try again.')
  await until(() => pressed()).toEqual(['false', 'false'])
  await thumb('Helpful').click()
  await until(() => page.locator('.rating').innerText()).toBe('')
  await until(() => pressed()).toEqual(['true', 'false'])
})

test('only a finished answer is rated', async () => {
  standIn.steps = ['One ', 'pause']
  await ask()
  await until(() => page.locator('.text').innerText()).toBe('One')
  expect(await page.locator('.rating').count()).toBe(0)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.locator('.note').waitFor()
  expect(await page.locator('.rating').count()).toBe(0)
})

test('a source is quoted without the signs of Markdown', async () => {
  const quote = '1. **Refunds** take [five](https://x.test/a) `days` [2]\n| card | *bank* |'
  const citation = { index: 1, title: 'T', url: null, quote }
  standIn.steps = ['Five [1].', { event: { event: 'citations', data: { citations: [citation] } } }]
  await ask()
  await until(() => page.locator('q').textContent()).toBe('Refunds take five days [2] card · bank')
})

test.each([
  ['', 'de-AT', 'de-AT,de'],
  ['fr', 'en-GB', 'fr,en-GB,en'],
])('with page %j and browser %s the config is asked for in %s', async (lang, locale, asked) => {
  await context.close()
  context = await browser.newContext({ locale })
  page = await context.newPage()
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  standIn.config.behavior.locale = null
  host.language = lang
  await page.addInitScript((tag) => {
    const list = tag === 'de-AT' ? ['de-AT', 'de'] : ['en-GB', 'en']
    Object.defineProperty(navigator, 'languages', { get: () => list })
  }, locale)
  await page.goto(host.origin)
  await page.locator('.launcher').click()
  const config = addresses.map((one) => new URL(one)).find(({ pathname }) => pathname === '/api/widget/config/')
  expect(config?.searchParams.get('lang')).toBe(asked)
  expect(await page.locator('.panel').getAttribute('lang')).toBe(asked.slice(0, 2))
})

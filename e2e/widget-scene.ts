/** A browser with the widget on a page of another origin, anew for each test of the file that calls this. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { launchBrowser } from './browser.ts'
import { ensureWidget } from './widget-build.ts'
import { type HostPage, type StandIn, startPage, startStandIn } from './widget-stand-in.ts'

export function openWidgetScene() {
  let browser: Browser
  let standIn: StandIn
  let host: HostPage
  let context: BrowserContext
  let page: Page
  const warnings: string[] = []

  beforeAll(async () => {
    await ensureWidget()
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    standIn = await startStandIn()
    host = await startPage(standIn.origin)
    await visit()
  })
  afterEach(async () => {
    await context.close()
    await host[Symbol.asyncDispose]()
    await standIn[Symbol.asyncDispose]()
  })

  /** With another browser than the usual one. */
  async function visit(options: BrowserContextOptions = {}) {
    await context?.close()
    context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })
    page = await context.newPage()
    warnings.splice(0)
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
  }

  return {
    get context() {
      return context
    },
    get page() {
      return page
    },
    get standIn() {
      return standIn
    },
    get host() {
      return host
    },
    /** What the page's console was told. */
    warnings,
    visit,
    async open() {
      await page.goto(host.origin)
      await page.locator('.launcher').click()
      await page.getByRole('dialog').waitFor()
    },
    async ask(question: string) {
      await page.getByRole('textbox').fill(question)
      await page.keyboard.press('Enter')
    },
    async says(text: string) {
      await until(() => page.locator('.text').last().innerText()).toBe(text)
    },
  }
}

/** Polled, with a deadline that a slow machine does not reach. */
export const until = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })

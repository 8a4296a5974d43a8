/** The main job, end to end: the real server, the real widget, a real browser, and no key and no network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, type ServerProcess, startServer } from '../server/testing/process.ts'
import { launchBrowser } from './browser.ts'
import { ensureWidget } from './widget-build.ts'

let browser: Browser
const dirs: string[] = []

beforeAll(async () => {
  await ensureWidget()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'mevichat-journey-'))
  dirs.push(dir)
  return dir
}

const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 40_000, interval: 250 })
const answer = (page: Page) => page.locator('.text').last()
const sources = (page: Page) => page.locator('.turn').last().locator('a[href*=":~:text="]')

async function ask(page: Page, question: string) {
  await page.getByRole('textbox').fill(question)
  await page.keyboard.press('Enter')
}

/** What a policy stopped and what broke on the page. */
function complaints(page: Page): string[] {
  const heard: string[] = []
  page.on('console', (message) => message.type() === 'error' && heard.push(message.text()))
  page.on('pageerror', (error) => heard.push(error.message))
  return heard
}

describe('the demo site', () => {
  let server: ServerProcess
  let context: BrowserContext
  beforeAll(async () => {
    server = await startServer('all', { MEVICHAT_DATA_DIR: scratch(), MEVICHAT_DEMO: 'on' })
    context = await browser.newContext()
  })
  afterAll(async () => {
    await context.close()
    await server[Symbol.asyncDispose]()
  })

  it('answers a question about the guide soon after its first start, with a citation that opens the passage', async () => {
    const page = await context.newPage()
    const heard = complaints(page)
    await page.goto(server.url)
    await page.locator('.launcher').click()
    await until(async () => {
      await page.getByRole('textbox').fill('How many messages a month does the Pro plan have?')
      await page.keyboard.press('Enter')
      await expect.poll(() => answer(page).innerText(), { timeout: 10_000 }).not.toBe('')
      return answer(page).innerText()
    }).toContain('5,000')

    const link = sources(page).first()
    await link.waitFor()
    const [cited] = await Promise.all([context.waitForEvent('page'), link.click()])
    await cited.waitForLoadState()
    expect(new URL(cited.url()).pathname).toBe('/docs/quotas/')
    const quoted = cited.locator('td, p, li').filter({ hasText: '5,000' }).first()
    await until(() => isInView(quoted)).toBe(true)
    expect(heard).toEqual([])
  })

  it('says that it does not know what the guide does not say', async () => {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.locator('.launcher').click()
    await ask(page, 'Who won the football world cup in 1954?')
    await until(() => answer(page).innerText()).toMatch(/don’t know/)
    expect(await sources(page).count()).toBe(0)
  })
})

function isInView(element: ReturnType<Page['locator']>): Promise<boolean> {
  return element.evaluate((node) => {
    const { top, bottom } = node.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
}

describe('a page of another origin', () => {
  it('gets a cited answer from the owner’s knowledge, and keeps it over a reload', async () => {
    const dataDir = scratch()
    const host = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(page())
    })
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    const hostUrl = `http://localhost:${(host.address() as AddressInfo).port}`
    const seedFile = join(dataDir, 'bakery.json')
    writeFileSync(seedFile, JSON.stringify(bakery(new URL(hostUrl).host)))
    const publicKey = await seeded(seedFile, dataDir)
    await using server = await startServer('all', { MEVICHAT_DATA_DIR: dataDir })
    const page = () => `<!doctype html><html lang="en"><head><title>Bakery</title></head><body><h1>Bakery</h1>
      <script async src="${server.url}/widget.js" data-public-key="${publicKey}"></script></body></html>`

    const context = await browser.newContext()
    const visitor = await context.newPage()
    const heard = complaints(visitor)
    await visitor.goto(hostUrl)
    await visitor.locator('.launcher').click()
    await ask(visitor, 'When is the bakery open on Sundays?')
    await until(() => answer(visitor).innerText()).toContain('from eight until noon')
    await until(() => sources(visitor).first().getAttribute('href')).toContain('https://bakery.example/hours#:~:text=')
    await visitor.reload()
    await visitor.getByRole('dialog').waitFor()
    await until(() => answer(visitor).innerText()).toContain('from eight until noon')
    expect(heard).toEqual([])
    await context.close()
    host.closeAllConnections()
    host.close()
  }, 180_000)
})

function bakery(domain: string) {
  const text =
    'The bakery opens at six in the morning from Monday to Saturday. On Sundays the bakery is open from eight until noon. ' +
    'Bread is baked fresh every day with flour from the mill in the next village.'
  const source = { type: 'text', title: 'Opening hours', text, url: 'https://bakery.example/hours' }
  const bot = { name: 'Bruno', keys: [{ name: 'Site', domains: [domain] }], sources: [source] }
  return { workspaces: [{ name: 'Bakery', plan: 'unlimited', bots: [bot] }] }
}

/** The public key that `mevichat seed` prints. */
async function seeded(file: string, dataDir: string): Promise<string> {
  await using seed = launch(['seed', file], { MEVICHAT_DATA_DIR: dataDir })
  const { code } = await seed.exited
  const key = /mvc_pk_[\w-]+/.exec(seed.lines.join('\n'))?.[0]
  if (code !== 0 || !key) throw new Error(`seed ended with ${code}:\n${[...seed.lines, ...seed.errors].join('\n')}`)
  return key
}

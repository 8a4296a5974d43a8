/** The first page against the bot that stands on it: what it prints is what the bot says, and what it links to is there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Citation } from '../protocol/src/chat.ts'
import { type ServerProcess, startServer } from '../server/testing/process.ts'
import { launchBrowser } from './browser.ts'
import { ensureWidget } from './widget-build.ts'

const dir = mkdtempSync(join(tmpdir(), 'mevichat-demo-'))
let server: ServerProcess
let browser: Browser
let page: Page

beforeAll(async () => {
  await ensureWidget()
  browser = await launchBrowser()
  server = await startServer('all', { MEVICHAT_DATA_DIR: dir, MEVICHAT_DEMO: 'on' })
  page = await browser.newPage()
  await page.goto(server.url)
})
afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

/** Anew until the guide has been read. */
async function answerTo(question: string): Promise<{ text: string; citations: Citation[] }> {
  const publicKey = await page.locator('script[data-public-key]').getAttribute('data-public-key')
  const body = JSON.stringify({ public_key: publicKey, session_id: crypto.randomUUID(), message: question })
  const stream = await (
    await fetch(`${server.url}/api/chat/`, { method: 'POST', headers: { origin: server.url }, body })
  ).text()
  const dataOf = (event: string) =>
    [...stream.matchAll(new RegExp(`^event: ${event}\ndata: (.*)$`, 'gm'))].map(([, data = '']) => JSON.parse(data))
  return {
    text: dataOf('token')
      .map(({ text }) => text)
      .join(''),
    citations: dataOf('citations')[0]?.citations ?? [],
  }
}

const until = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 40_000, interval: 1_000 })

it('each question on it is answered from the page that its link leads to', async () => {
  const links = await page.locator('.ask').all()
  expect(links.length).toBeGreaterThan(2)
  for (const link of links) {
    const [question, path] = [await link.innerText(), await link.getAttribute('href')]
    await until(async () => {
      const { citations } = await answerTo(question)
      return [question, citations.map(({ url }) => new URL(url ?? '').pathname)]
    }).toEqual([question, [path]])
  }
})

it('the answer that it prints is the bot’s, word for word, and so is the sentence that is marked', async () => {
  const [, printed = ''] = await page.locator('.answer p').allInnerTexts()
  const asked = await page.locator('.asked').innerText()
  const place = await page.locator('.place span').last().innerText()
  await until(async () => {
    const { text, citations } = await answerTo(asked)
    return [text, citations.map(({ quote, url }) => [quote, new URL(url ?? '').pathname])]
  }).toEqual([
    expect.stringContaining(printed.replace(/\s*1\.?$/, '')),
    [[await page.locator('mark').innerText(), place]],
  ])
})

it('leads to the dashboard, and nowhere that is not there', async () => {
  const paths = await page
    .locator('a[href^="/"]')
    .evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('href') ?? ''))])
  expect(paths).toContain('/app/')
  for (const path of paths) expect([path, (await fetch(server.url + path)).status]).toEqual([path, 200])
})

it('a question is asked in the chat, or leads to the guide where the key was refused', async () => {
  await page.locator('.launcher').waitFor()
  await page.locator('.ask').first().click()
  await page.locator('.panel .question').waitFor()
  await page.route('**/api/widget/config/*', (route) =>
    route.fulfill({ status: 403, json: { error: 'origin_not_allowed' } }),
  )
  const refused = page.waitForResponse('**/api/widget/config/*')
  await page.reload()
  await refused
  const link = page.locator('.ask').first()
  const path = await link.getAttribute('href')
  await link.click()
  await page.waitForURL(`**${path}`)
})

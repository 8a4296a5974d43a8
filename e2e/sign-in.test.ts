/** Signing in as people do: the real server, a real browser, and a provider beside it in Google's place. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OidcProvider, oidcClient, startOidc } from '../server/testing/oidc.ts'
import { type ServerProcess, startServer } from '../server/testing/process.ts'
import { launchBrowser } from './browser.ts'

let browser: Browser
let google: OidcProvider
let server: ServerProcess
const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-sign-in-'))

function start(): Promise<ServerProcess> {
  return startServer('all', {
    MEVICHAT_DATA_DIR: dataDir,
    GOOGLE_ISSUER: google.issuer,
    GOOGLE_CLIENT_ID: oidcClient.clientId,
    GOOGLE_CLIENT_SECRET: oidcClient.clientSecret,
  })
}

beforeAll(async () => {
  google = await startOidc()
  browser = await launchBrowser()
  server = await start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await browser.close()
  await google[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true, force: true })
})

/** A browser of its own, with scripts off where the page has none to run. */
async function open(path: string, { javaScriptEnabled = true } = {}): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled })
  const page = await context.newPage()
  await page.goto(new URL(path, server.url).href)
  return page
}

async function person(page: Page): Promise<string | undefined> {
  const answer = await page.context().request.get(`${server.url}/api/auth/session/`)
  return answer.ok() ? (await answer.json()).user.email : undefined
}

async function ownerLink(): Promise<string> {
  const find = () => /http\S+\/sign-in\/first-owner\/\?token=[\w-]+/.exec(server.lines.join('\n'))?.[0]
  await expect.poll(find, { timeout: 20_000 }).toBeDefined()
  return find() ?? ''
}

it('the first owner comes by the link in the log, which is another after a restart and works once', async () => {
  const old = await ownerLink()
  await server[Symbol.asyncDispose]()
  server = await start()
  const link = await ownerLink()
  const late = await open(new URL(old).pathname + new URL(old).search)
  expect(await late.getByRole('heading').innerText()).toBe('This link no longer works')

  const page = await open(link, { javaScriptEnabled: false })
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('Your e-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Make me the owner' }).click()
  await page.waitForURL('**/app/')
  expect(await person(page)).toBe('ada@example.com')
  await page.goto(link)
  expect(await page.getByRole('heading').innerText()).toBe('This link no longer works')
  await page.context().close()
  await late.context().close()
})

it('a mailed link leads to a button, and the button to where the person was', async () => {
  const page = await open('/sign-in/?next=/docs/keys/', { javaScriptEnabled: false })
  await page.getByLabel('E-mail address').fill('grace@example.com')
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await page.getByRole('link', { name: 'outbox' }).click()
  const link = (await page.getByRole('article').first().getByRole('link').getAttribute('href')) ?? ''
  await page.goto(link)
  expect(await person(page)).toBeUndefined()
  expect(await page.getByText('grace@example.com').count()).toBe(1)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/docs/keys/')
  expect(await person(page)).toBe('grace@example.com')
  const cookies = await page.context().cookies()
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
    ['mevichat_session', true, 'Lax'],
  ])
  await page.goto(link)
  expect(await page.getByRole('heading').innerText()).toBe('This link no longer works')
  await page.context().close()
})

it('Google’s button leads to Google and back', async () => {
  google.person = { sub: 'alan', email: 'alan@example.com', email_verified: true, name: 'Alan' }
  const page = await open('/sign-in/?next=/docs/quotas/', { javaScriptEnabled: false })
  const heard: string[] = []
  page.on('console', (message) => message.type() === 'error' && heard.push(message.text()))
  await page.getByRole('button', { name: 'Continue with Google' }).click()
  await page.waitForURL('**/docs/quotas/')
  expect(await person(page)).toBe('alan@example.com')
  expect(heard).toEqual([])
  await page.context().close()
})

it('whom Google has not checked is told so, and is not signed in', async () => {
  google.person = { sub: 'eve', email: 'ada@example.com', email_verified: false, name: 'Eve' }
  const page = await open('/sign-in/')
  await page.getByRole('button', { name: 'Continue with Google' }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('alert').innerText()).toContain('has not verified your e-mail address')
  expect(await person(page)).toBeUndefined()
  await page.context().close()
})

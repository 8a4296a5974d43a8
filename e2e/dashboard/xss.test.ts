/** What visitors and owners have written is shown as text wherever it stands (T21): 25 payloads in each field, on every place, drawer and dialog. */
import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bots } from '../../server/src/bots/tables.ts'
import { newId, type SourceId } from '../../server/src/platform/id.ts'
import { sources } from '../../server/src/sources/tables.ts'
import { workspaces } from '../../server/src/workspaces/tables.ts'
import { launchBrowser } from '../browser.ts'
import { type Furnished, furnish } from './furnish.ts'
import { botPlaces, visit, workspacePlaces } from './places.ts'
import { type DashboardScene, openDashboard } from './scene.ts'

const run = 'window.pwned=1;alert(1)'
const payloads = [
  `<script>${run}</script>`,
  `<img src=x onerror="${run}" data-pwned>`,
  `<svg onload="${run}" data-pwned></svg>`,
  `"><script>${run}</script>`,
  `'><img src=x onerror='${run}' data-pwned>`,
  `<iframe srcdoc="<script>parent.${run}</script>" data-pwned></iframe>`,
  `<iframe src="javascript:parent.${run}" data-pwned></iframe>`,
  `javascript:${run}`,
  `JaVaScRiPt:${run}`,
  `java\tscript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `[click](javascript:${run})`,
  `![x](https://evil.example/x.png)`,
  `<a href="javascript:${run}" data-pwned>click</a>`,
  `<body onload="${run}" data-pwned>`,
  `<details open ontoggle="${run}" data-pwned>`,
  `<input autofocus onfocus="${run}" data-pwned>`,
  `<math><mtext></mtext><script>${run}</script></math>`,
  `<style>@import "https://evil.example/x.css";</style><b data-pwned>`,
  `<link rel=stylesheet href=https://evil.example/x.css data-pwned>`,
  `<base href="https://evil.example/" data-pwned>`,
  `<meta http-equiv=refresh content="0;url=https://evil.example/" data-pwned>`,
  `<form action=https://evil.example/ data-pwned><button>go`,
  `</title></textarea></style><script>${run}</script>`,
  `{{constructor.constructor('${run}')()}}\${${run}}<x-pwned data-pwned>`,
]

let scene: DashboardScene
let browser: Browser
let page: Page
let workspace: string
const attacks: string[] = []
const things: Furnished[] = []

beforeAll(async () => {
  expect(payloads).toHaveLength(25)
  scene = await openDashboard()
  const { app, tenant } = scene
  const { workspaceId, botId } = tenant
  workspace = `${app.url}/app/${workspaceId}`
  const { db } = app.ports
  for (const [index, payload] of payloads.entries()) {
    things.push(await furnish(scene, payload, index))
    await db.insert(sources).values({
      ...{ workspaceId, botId, id: newId<SourceId>(), kind: 'file', state: 'ready' },
      file: { id: randomUUID(), name: payload, bytes: 100, type: 'text/plain' },
    })
  }
  browser = await launchBrowser()
  const context = await scene.as(browser, 'owner')
  page = await context.newPage()
  page.setDefaultTimeout(8_000)
  page.on('dialog', (dialog) => {
    attacks.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== app.url && protocol !== 'data:' && protocol !== 'blob:') attacks.push(`request ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() === 429) attacks.push(`nothing was shown: 429 ${response.url()}`)
  })
  await context.exposeFunction('reportViolation', (violation: string) => attacks.push(violation))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      Reflect.get(window, 'reportViolation')(`policy ${event.violatedDirective} ${event.blockedURI}`),
    )
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

const written = (payload: string) =>
  page.getByText(payload.replaceAll('\t', ' ').slice(0, 30)).filter({ visible: true }).first()

async function expectHarmless(place: string): Promise<void> {
  for (const frame of page.frames()) {
    const found = await frame.evaluate(() => {
      const links = [...document.querySelectorAll('a[href], iframe[src], form[action], img[src]')]
        .map((one) => one.getAttribute('href') ?? one.getAttribute('src') ?? one.getAttribute('action') ?? '')
        .filter((address) => /^\s*(j\s*a\s*v\s*a\s*s|data:text|https?:\/\/evil)/i.test(address))
      const elements = [...document.querySelectorAll('[data-pwned]')].map((one) => one.outerHTML)
      return [...links, ...elements, ...(Reflect.has(window, 'pwned') ? ['a script ran'] : [])]
    })
    attacks.push(...found)
  }
  expect({ place, attacks }).toEqual({ place, attacks: [] })
}

test('lists, transcripts, sources and pages show 25 payloads in every field as text', async () => {
  const bot = `${workspace}/${scene.tenant.botId}`
  for (const [index, { sourceId, pageId, sessionId }] of things.entries()) {
    const payload = payloads[index] ?? ''
    const places = {
      transcript: `conversations/${sessionId}`,
      drawer: `knowledge/${sourceId}?page=${pageId}`,
      history: `knowledge/${sourceId}/history`,
    }
    for (const [name, place] of Object.entries(places)) {
      await visit(page, `${bot}/${place}`)
      for (const summary of await page.locator('main details > summary').all())
        if (await summary.isVisible()) await summary.click()
      await written(payload).waitFor()
      await expectHarmless(`the ${name} of ${payload}`)
    }
  }
  for (const place of [...botPlaces(bot), ...workspacePlaces(workspace)]) {
    await visit(page, place)
    await expectHarmless(place)
  }
}, 300_000)

test('what they are changed and deleted in shows 25 payloads as text', async () => {
  const dialog = page.getByRole('dialog')
  const walk = async (place: string, opener: string) => {
    await visit(page, place)
    const openers = page.getByRole('main').getByRole('button', { name: opener })
    await openers.nth(payloads.length - 1).waitFor()
    for (let at = 0; at < payloads.length; at++) {
      await openers.nth(at).click()
      await dialog.waitFor()
      await expectHarmless(`${opener} ${at} of ${place}`)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    }
  }
  await walk(scene.place('widget/keys'), 'Change')
  await walk(scene.place('knowledge/answers'), 'Change this answer')
  await walk(`${workspace}/settings/prices`, 'Change')
  for (const payload of payloads) {
    await visit(page, scene.place('settings/privacy'))
    await page.getByLabel('Visitor id').fill(payload)
    await page.getByRole('button', { name: 'Erase a visitor' }).click()
    await dialog.getByRole('heading').filter({ hasText: 'Erase a visitor' }).waitFor()
    await expectHarmless(`the erasure of ${payload}`)
    await visit(page, `${workspace.replace(/[^/]+$/, 'invitations')}/#token=${encodeURIComponent(payload)}`)
    await page.getByRole('button', { name: 'Accept the invitation' }).click()
    await page.getByRole('alert').waitFor()
    await expectHarmless(`the invitation ${payload}`)
  }
}, 240_000)

test('why an answer in the playground is what it is shows payloads as text', async () => {
  await visit(page, scene.place('playground'))
  const chat = page.frameLocator('iframe')
  await chat.getByRole('textbox').fill(payloads[0] ?? '')
  await chat.getByRole('textbox').press('Enter')
  await page.getByText('Given as [1]').waitFor({ timeout: 30_000 })
  await written(payloads[0] ?? '').waitFor()
  await expectHarmless('the playground')
}, 60_000)

test('the names of a bot and a workspace are text wherever they stand', async () => {
  const { app, tenant } = scene
  const { db } = app.ports
  for (const payload of payloads) {
    await db.update(bots).set({ name: payload }).where(eq(bots.id, tenant.botId))
    await db.update(workspaces).set({ name: payload }).where(eq(workspaces.id, tenant.workspaceId))
    await visit(page, scene.place('home'))
    await written(payload).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('option').first().waitFor()
    await expectHarmless(`the names ${payload}`)
  }
}, 120_000)

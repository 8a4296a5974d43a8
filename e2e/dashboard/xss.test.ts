/** What visitors and owners have written is shown as text wherever it stands (T21): 25 payloads in each of 9 fields. */
import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bots } from '../../server/src/bots/tables.ts'
import { sessions, turns } from '../../server/src/conversations/tables.ts'
import { saveKey } from '../../server/src/keys/keys.ts'
import { newId, type PageId, type SourceId } from '../../server/src/platform/id.ts'
import { pages, sources } from '../../server/src/sources/tables.ts'
import { workspaces } from '../../server/src/workspaces/tables.ts'
import { launchBrowser } from '../browser.ts'
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
const sourceIds: SourceId[] = []
const sessionIds: string[] = []

beforeAll(async () => {
  expect(payloads).toHaveLength(25)
  scene = await openDashboard()
  const { app, tenant } = scene
  const { workspaceId, botId } = tenant
  workspace = `${app.url}/app/${workspaceId}`
  const { db } = app.ports
  for (const [index, payload] of payloads.entries()) {
    const sessionId = randomUUID()
    const sourceId = newId<SourceId>()
    const pageId = newId<PageId>()
    sessionIds.push(sessionId)
    sourceIds.push(sourceId)
    const metadata = { [payload]: payload, page: payload }
    await db.insert(sessions).values({ workspaceId, botId, sessionId, visitorId: payload, visitorMetadata: metadata })
    await db.insert(sources).values({
      ...{ workspaceId, botId, id: sourceId, kind: 'file', state: 'ready' },
      file: { id: randomUUID(), name: payload, bytes: 100, type: 'text/plain' },
    })
    await db.insert(pages).values({
      ...{ workspaceId, botId, sourceId, id: pageId, title: payload, url: payload, state: 'failed', reason: payload },
      markdown: payload,
    })
    await db.insert(turns).values({
      ...{ workspaceId, botId, sessionId, id: 1_000_000 + index, question: payload, answer: `${payload} [1]` },
      citations: [{ index: 1, title: payload, url: payload, quote: payload }],
      finishReason: 'stop',
      endedAt: new Date(),
      leaseUntil: new Date(),
    })
    await saveKey(app.ports, workspaceId, botId, { name: payload, domains: ['shop.example'], isRevoked: false })
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
  for (const [index, payload] of payloads.entries()) {
    await visit(page, `${bot}/conversations/${sessionIds[index]}`)
    await page.getByText(payload.replaceAll('\t', ' ').slice(0, 30)).first().waitFor()
    await expectHarmless(`the transcript of ${payload}`)
    await visit(page, `${bot}/knowledge/${sourceIds[index]}`)
    await expectHarmless(`the source of ${payload}`)
  }
  for (const place of [...botPlaces(bot), ...workspacePlaces(workspace)]) {
    await visit(page, place)
    await expectHarmless(place)
  }
}, 180_000)

test('the names of a bot and a workspace are text wherever they stand', async () => {
  const { app, tenant } = scene
  const { db } = app.ports
  for (const payload of payloads) {
    await db.update(bots).set({ name: payload }).where(eq(bots.id, tenant.botId))
    await db.update(workspaces).set({ name: payload }).where(eq(workspaces.id, tenant.workspaceId))
    await visit(page, scene.place('home'))
    await page.getByText(payload.replaceAll('\t', ' ').slice(0, 30)).first().waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('option').first().waitFor()
    await expectHarmless(`the names ${payload}`)
  }
}, 120_000)

/** WCAG 2.2 AA as far as a machine can tell: axe finds nothing on any place, light and dark, with data and empty. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { launchBrowser } from '../browser.ts'
import { botPlaces, visit, workspacePlaces } from './places.ts'
import { converse, type DashboardScene, openDashboard } from './scene.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let scene: DashboardScene
let browser: Browser
let page: Page
let workspace: string
let empty: string
beforeAll(async () => {
  scene = await openDashboard()
  await converse(scene)
  const { app, tenant } = scene
  workspace = `${app.url}/app/${tenant.workspaceId}`
  empty = `${workspace}/${await saveBot(app.ports, tenant.workspaceId, { name: 'Empty' })}`
  browser = await launchBrowser()
  const context = await scene.as(browser, 'owner', { reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(8_000)
})
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

async function violations(): Promise<string[]> {
  // Through the debugger, which the page's policy does not bind. The widget in its frame has tests of its own.
  await page.evaluate(axe)
  return await page.evaluate(async () => {
    // A menu stands at the end of the page, outside its landmarks, and holds the focus while it is open.
    const region = { enabled: !document.querySelector('[role="menu"]') }
    const options = { resultTypes: ['violations'], iframes: false, rules: { region } }
    const results = await Reflect.get(window, 'axe').run(document, options)
    return results.violations.flatMap((one: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
      one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 240)}`),
    )
  })
}

describe.each(['light', 'dark'] as const)('axe, %s', (colorScheme) => {
  beforeAll(() => page.emulateMedia({ colorScheme }))

  test.each(['with data', 'empty'])('finds nothing on any place of a bot %s', async (state) => {
    for (const place of botPlaces(state === 'empty' ? empty : scene.place('').replace(/\/$/, ''))) {
      await visit(page, place)
      expect({ place, violations: await violations() }).toEqual({ place, violations: [] })
    }
  })

  test('finds nothing on any place of a workspace', async () => {
    for (const place of workspacePlaces(workspace)) {
      await visit(page, place)
      expect({ place, violations: await violations() }).toEqual({ place, violations: [] })
    }
  })

  test('finds nothing in an open transcript, a source and its drawer, a menu, a dialog and the commands', async () => {
    const states: [string, () => Promise<void>][] = [
      [
        'conversations',
        async () => {
          await page.locator('main li button').first().click()
          await page.getByRole('heading', { level: 2 }).first().waitFor()
        },
      ],
      [
        'knowledge',
        async () => {
          await page.locator('main a[href*="/knowledge/"]').last().click()
          await page.waitForURL(/knowledge\/[0-9a-f-]{36}/)
          await page.getByRole('heading', { level: 1 }).waitFor()
        },
      ],
      [
        'home',
        async () => {
          await page.getByRole('button', { name: /^Bot/ }).click()
          await page.getByRole('menu').waitFor()
        },
      ],
      [
        'home',
        async () => {
          await page.keyboard.press('Control+k')
          await page.getByRole('option').first().waitFor()
        },
      ],
      [
        'widget/keys',
        async () => {
          await page.locator('main button').first().click()
          await page.getByRole('dialog').waitFor()
        },
      ],
    ]
    for (const [place, open] of states) {
      await visit(page, scene.place(place))
      await open()
      expect({ place, violations: await violations() }).toEqual({ place, violations: [] })
    }
  })
})

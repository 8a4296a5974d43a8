/** WCAG 2.2 AA as far as a machine can tell: axe finds nothing on any place, light and dark, with data and empty. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { launchBrowser } from '../browser.ts'
import { question } from '../contract/scene.ts'
import { furnish } from './furnish.ts'
import { botPlaces, visit, workspacePlaces } from './places.ts'
import { converse, type DashboardScene, openDashboard } from './scene.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let scene: DashboardScene
let browser: Browser
let page: Page
let workspace: string
let empty: string
let source: string
let drawer: string
beforeAll(async () => {
  scene = await openDashboard()
  await converse(scene)
  const { sourceId, pageId } = await furnish(scene, 'Winter catalogue')
  source = `knowledge/${sourceId}`
  drawer = `${source}?page=${pageId}`
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
    // Half way from one colour to another nothing is legible.
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(ending.map((one) => one.finished))
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

  /** The key that this workspace was given opens no embedding model: words alone find too little to ask a model. */
  const given = /^(Given as \[1\]|Found, not given to a model)$/
  const pressing = (name: string | RegExp) => async () => {
    await page.getByRole('main').getByRole('button', { name }).first().click()
    await page.getByRole('dialog').getByRole('button').first().waitFor()
  }
  const states: [string, () => string, () => Promise<void>][] = [
    [
      'a transcript with its reasons',
      () => scene.place('conversations'),
      async () => {
        await page.locator('main li button').first().click()
        await page.getByRole('heading', { level: 2 }).first().waitFor()
        await page.getByText('Why this answer').first().click()
        await page.getByText(given).first().waitFor()
      },
    ],
    [
      'the deletion of a conversation, with its undo',
      () => scene.place('conversations'),
      async () => {
        await page.locator('main li button').first().click()
        await page.getByRole('button', { name: 'Delete' }).click()
        await page.getByRole('button', { name: 'Undo' }).waitFor()
      },
    ],
    ['a source', () => scene.place(source), () => page.getByRole('heading', { level: 1 }).waitFor()],
    ['a page beside its passages', () => scene.place(drawer), () => page.getByText('What was read').waitFor()],
    [
      'the history of a source with its changes',
      () => scene.place(`${source}/history`),
      async () => {
        await page.locator('summary').first().click()
        await page.getByText('Added', { exact: true }).waitFor()
      },
    ],
    ['a new pair', () => scene.place('knowledge/answers'), pressing('Add an answer')],
    ['a pair that is changed', () => scene.place('knowledge/answers'), pressing(/^Change this answer/)],
    [
      'a menu',
      () => scene.place('home'),
      async () => {
        await page.getByRole('button', { name: /^Bot/ }).click()
        await page.getByRole('menu').waitFor()
      },
    ],
    [
      'the commands',
      () => scene.place('home'),
      async () => {
        await page.keyboard.press('Control+k')
        await page.getByRole('option').first().waitFor()
      },
    ],
    [
      'why in the playground',
      () => scene.place('playground'),
      async () => {
        const field = page.frameLocator('iframe').getByRole('textbox')
        await field.fill(question)
        await field.press('Enter')
        await page.getByText(given).first().waitFor({ timeout: 30_000 })
      },
    ],
    ['a new key', () => scene.place('widget/keys'), pressing('New key')],
    ['a revocation', () => scene.place('widget/keys'), pressing('Revoke')],
    ['a new model key', () => `${workspace}/settings/credentials`, pressing('Add a key')],
    ['a price', () => `${workspace}/settings/prices`, pressing('Give a price')],
    ['a new token', () => `${workspace}/settings/tokens`, pressing('New token')],
    ['the deletion of a bot', () => scene.place('settings/privacy'), pressing('Delete this bot')],
    ['the deletion of a workspace', () => `${workspace}/settings`, pressing('Delete the workspace')],
    [
      'an invitation',
      () => `${scene.app.url}/app/invitations/#token=x`,
      () => page.getByRole('heading', { level: 1 }).waitFor(),
    ],
    ['an address that leads nowhere', () => `${scene.app.url}/app/a/b/c/d/e/f`, () => page.locator('h1').waitFor()],
  ]
  test.each(states)('finds nothing in %s', async (_, place, open) => {
    await visit(page, place())
    await open()
    expect(await violations()).toEqual([])
  })
})

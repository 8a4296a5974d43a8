/** On a phone, at twice the size, and without a mouse: nothing runs out of the window and everything is within reach. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { botPlaces, visit, workspacePlaces } from './places.ts'
import { converse, type DashboardScene, faultsOf, openDashboard } from './scene.ts'

let scene: DashboardScene
let browser: Browser
let page: Page
let places: string[]
beforeAll(async () => {
  scene = await openDashboard()
  await converse(scene)
  const workspace = `${scene.app.url}/app/${scene.tenant.workspaceId}`
  places = [...botPlaces(`${workspace}/${scene.tenant.botId}`), ...workspacePlaces(workspace)]
  browser = await launchBrowser()
  page = await (await scene.as(browser, 'owner', { reducedMotion: 'reduce' })).newPage()
  page.setDefaultTimeout(8_000)
})
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

/** What stands outside the window and cannot be scrolled to within a box of its own. */
function outside(): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => element.outerHTML.slice(0, 140))
      .slice(0, 4)
  })
}

/** Words of ordinary length that are cut in two for want of room. */
function broken(): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.checkVisibility() || node.parentElement.closest('.sr-only, option, pre, code')) continue
      for (const { 0: word, index } of (node.textContent ?? '').matchAll(/(?<!\S)[^\s-]{2,14}(?!\S)/g)) {
        const range = document.createRange()
        range.setStart(node, index)
        range.setEnd(node, index + word.length)
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) found.push(word)
      }
    }
    return found
  })
}

// A window of 1280 by 900 at 200 % is one of 640 by 450.
describe.each([
  ['360 px wide', { width: 360, height: 740 }],
  ['at 200 %', { width: 640, height: 450 }],
])('%s', (_, viewport) => {
  beforeAll(() => page.setViewportSize(viewport))

  test('no place is wider than the window, and no word is broken', async () => {
    for (const place of places) {
      await visit(page, place)
      const found = { place, outside: await outside(), broken: await broken() }
      expect(found).toEqual({ place, outside: [], broken: [] })
    }
  })

  test('the menu holds every place, and closes when one is gone to', async () => {
    await visit(page, scene.place('home'))
    for (const name of ['Conversations', 'Knowledge', 'Playground', 'Widget', 'Insights', 'Settings', 'Home']) {
      await page.getByRole('button', { name: 'Open the menu' }).click()
      await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name }).click()
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await page.getByRole('button', { name: 'Open the menu' }).waitFor()
      expect(await page.getByRole('navigation', { name: 'Places' }).isVisible()).toBe(false)
    }
  })

  test('the commands fit', async () => {
    await page.keyboard.press('Control+k')
    const box = await page.getByRole('dialog').boundingBox()
    expect(box && box.x >= 0 && box.x + box.width <= viewport.width && box.y + box.height <= viewport.height).toBe(true)
    await page.keyboard.press('Escape')
  })
})

describe('without a mouse', () => {
  beforeAll(() => page.setViewportSize({ width: 1280, height: 900 }))
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')

  test('Tab goes through the whole frame, and past it into the place', async () => {
    await visit(page, scene.place('home'))
    const seen: string[] = []
    while (seen.length < 15) {
      await page.keyboard.press('Tab')
      seen.push(await focused())
    }
    const order = ['Skip', 'Workspace', 'Bot', 'Find anything', 'Home', 'Conversations', 'Settings', 'Signed in']
    const places = order.map((name) => seen.findIndex((text) => text.startsWith(name)))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
    expect(await page.evaluate(() => Boolean(document.activeElement?.closest('main')))).toBe(true)
  })

  test('Escape closes a menu and gives the focus back', async () => {
    await visit(page, scene.place('home'))
    const trigger = page.getByRole('button', { name: /^Bot/ })
    await trigger.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await expect.poll(focused).toMatch(/^Bot/)
  })

  /** Types into the commands until that one is selected: what they offer is still being loaded at first. */
  async function find(typed: string, name: string) {
    const selected = page.getByRole('option', { name, selected: true })
    await expect
      .poll(
        async () => {
          await page.getByRole('combobox').fill('')
          await page.getByRole('combobox').fill(typed)
          return selected.waitFor({ timeout: 1_000 }).then(
            () => 1,
            () => 0,
          )
        },
        { timeout: 20_000 },
      )
      .toBe(1)
  }

  test('the commands open by Ctrl and K, go where one has typed, and break no policy', async () => {
    const faults = faultsOf(page)
    await visit(page, scene.place('home'))
    const button = page.getByRole('button', { name: /Find anything/ })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(focused).toMatch(/^Find anything/)
    await page.keyboard.press('Control+k')
    await find('insig', 'Insights')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/insights/)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1, name: 'Insights' }).waitFor()
    await page.keyboard.press('Control+k')
    await find('dark', 'Dark')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('zzzz')
    await page.getByText('Nothing like that.').waitFor()
    await page.keyboard.press('Escape')
    expect(faults).toEqual([])
  })

  test('who wants no motion gets none', async () => {
    const longest = () =>
      page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll('*')].map((one) => parseFloat(getComputedStyle(one).transitionDuration)),
        ),
      )
    await visit(page, scene.place('home'))
    expect(await longest()).toBeLessThanOrEqual(0.001)
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await longest()).toBeGreaterThan(0.05)
  })
})

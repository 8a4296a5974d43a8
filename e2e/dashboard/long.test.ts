/** Names of 200 letters without a blank, and lists of many rows: nothing runs out of the window, nothing lies upon another. */
import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bots } from '../../server/src/bots/tables.ts'
import { sessions, turns } from '../../server/src/conversations/tables.ts'
import { saveKey } from '../../server/src/keys/keys.ts'
import { newId, type PageId, type SourceId } from '../../server/src/platform/id.ts'
import { pages, sources } from '../../server/src/sources/tables.ts'
import { workspaces } from '../../server/src/workspaces/tables.ts'
import { launchBrowser } from '../browser.ts'
import { furnish } from './furnish.ts'
import { botPlaces, visit, workspacePlaces } from './places.ts'
import { type DashboardScene, openDashboard } from './scene.ts'

const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(5).slice(0, 200)
const many = 200

let scene: DashboardScene
let browser: Browser
let page: Page
let places: string[]
beforeAll(async () => {
  scene = await openDashboard()
  const { app, tenant } = scene
  const { workspaceId, botId } = tenant
  const { db } = app.ports
  const { sourceId, pageId, sessionId } = await furnish(scene, long)
  const of = { workspaceId, botId }
  const rows = Array.from({ length: many }, (_, at) => `${at} ${long}`)
  await db.insert(pages).values(rows.map((title) => ({ ...of, sourceId, id: newId<PageId>(), title })))
  const one = { ...of, kind: 'text', state: 'ready' } as const
  await db.insert(sources).values(rows.slice(0, 40).map((title) => ({ ...one, id: newId<SourceId>(), title })))
  for (const name of rows.slice(0, 10))
    await saveKey(app.ports, workspaceId, botId, { name, domains: [`${long.slice(0, 60)}.example`], isRevoked: false })
  const asked = rows.map((question) => ({ sessionId: randomUUID(), question }))
  await db.insert(sessions).values(asked.map((one) => ({ ...of, sessionId: one.sessionId })))
  const ended = { endedAt: new Date(), leaseUntil: new Date(), finishReason: 'stop', answer: long } as const
  await db.insert(turns).values(asked.map((one, at) => ({ ...of, ...ended, ...one, id: 2_000_000 + at })))
  await db.update(bots).set({ name: long }).where(eq(bots.id, botId))
  await db.update(workspaces).set({ name: long }).where(eq(workspaces.id, workspaceId))

  const workspace = `${app.url}/app/${workspaceId}`
  const bot = `${workspace}/${botId}`
  places = [
    ...botPlaces(bot),
    ...workspacePlaces(workspace),
    `${bot}/conversations/${sessionId}`,
    `${bot}/knowledge/${sourceId}`,
    `${bot}/knowledge/${sourceId}/history`,
    `${bot}/knowledge/${sourceId}?page=${pageId}`,
  ]
  browser = await launchBrowser()
  page = await (await scene.as(browser, 'owner', { reducedMotion: 'reduce' })).newPage()
  page.setDefaultTimeout(10_000)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

/** Boxes that are wider inside than outside and would scroll sideways; code and rows of tabs may. */
function sideways(): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter(
        (one) =>
          one.scrollWidth > one.clientWidth + 1 && !one.closest('pre, svg, nav') && !one.querySelector(':scope > pre'),
      )
      .filter((one) => one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowX))
      .map((one) => one.cloneNode() as Element)
      .map((one) => one.outerHTML.slice(0, 140)),
  )
}

/** Two texts or controls, neither within the other, where both are seen in the same place. What floats above all is left out. */
function overlaps(): Promise<string[]> {
  return page.evaluate(() => {
    type Box = { node: Node; left: number; top: number; right: number; bottom: number }
    const clipped = (rect: DOMRect, from: Element): Omit<Box, 'node'> => {
      let { left, top, right, bottom } = rect
      for (let one: Element | null = from; one; one = one.parentElement) {
        if (getComputedStyle(one).overflow === 'visible') continue
        const box = one.getBoundingClientRect()
        left = Math.max(left, box.left)
        top = Math.max(top, box.top)
        right = Math.min(right, box.right)
        bottom = Math.min(bottom, box.bottom)
      }
      return { left, top, right, bottom }
    }
    const floats = (one: Element | null): boolean =>
      one !== null && (/fixed|sticky/.test(getComputedStyle(one).position) || floats(one.parentElement))
    const isSeen = (one: Element) =>
      one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !one.closest('.sr-only, svg') &&
      !floats(one)
    const boxes: Box[] = []
    for (const one of document.querySelectorAll('button, input, select, textarea, [role="switch"]'))
      if (isSeen(one)) boxes.push({ node: one, ...clipped(one.getBoundingClientRect(), one) })
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      if (!parent || !node.textContent?.trim() || !isSeen(parent) || parent.closest('option, script')) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const rect of range.getClientRects()) boxes.push({ node, ...clipped(rect, parent) })
    }
    const found: string[] = []
    const name = ({ node }: Box) =>
      node instanceof Element ? node.outerHTML.slice(0, 80) : `“${node.textContent?.slice(0, 60)}”`
    for (const [at, a] of boxes.entries()) {
      for (const b of boxes.slice(at + 1)) {
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
        if (width > 3 && height > 5 && !a.node.contains(b.node) && !b.node.contains(a.node))
          found.push(`${name(a)} and ${name(b)}`)
      }
    }
    return found.slice(0, 5)
  })
}

describe.each([
  ['1280 px wide', { width: 1280, height: 900 }],
  ['360 px wide', { width: 360, height: 740 }],
])('long names and many rows, %s', (_, viewport) => {
  test('stay within the window, and none lies upon another', async () => {
    await page.setViewportSize(viewport)
    const wrong: object[] = []
    for (const place of places) {
      await visit(page, place)
      const found = { place: place.slice(scene.app.url.length), sideways: await sideways(), overlaps: await overlaps() }
      if (found.sideways.length + found.overlaps.length > 0) wrong.push(found)
    }
    expect(wrong).toEqual([])
  }, 200_000)

  test('only what is seen of a long list is in the page, and its end is reached by scrolling', async () => {
    await page.setViewportSize(viewport)
    await visit(page, scene.place('conversations'))
    const list = page.getByRole('region', { name: 'Conversations' })
    expect(await list.getByRole('listitem').count()).toBeLessThan(60)
    const scroll = async () => {
      await list.evaluate((one) => one.scrollTo(0, one.scrollHeight))
      return list.getByRole('listitem').last().getAttribute('aria-posinset')
    }
    await expect.poll(scroll, { timeout: 20_000 }).toBe(String(many + 1))
  }, 60_000)
})

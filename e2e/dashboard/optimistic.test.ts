/** Choices that are shown at once, and put back when they are refused. */
import type { Browser, BrowserContext, Locator, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { visit } from './places.ts'
import { type DashboardScene, faultsOf, openDashboard } from './scene.ts'

let browser: Browser
let scene: DashboardScene
let context: BrowserContext
beforeAll(async () => {
  scene = await openDashboard()
  browser = await launchBrowser()
  context = await scene.as(browser, 'owner')
})
afterAll(async () => {
  await browser.close()
  await scene[Symbol.asyncDispose]()
})

/** The changes that a page sends wait until they are let go or refused. */
async function holdChanges(page: Page) {
  const held: Route[] = []
  let told = () => {}
  await page.route('**/api/workspaces/**', (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback()
    held.push(route)
    told()
  })
  return async () => {
    while (held.length === 0) await new Promise<void>((resolve) => (told = resolve))
    const route = held.shift()
    if (!route) throw new Error('nothing is held')
    return route
  }
}

async function answerTo(page: Page): Promise<number> {
  return (await page.waitForResponse((response) => response.request().method() === 'PATCH')).status()
}

interface Choice {
  place: () => string
  find: (page: Page) => Locator
  choose: (control: Locator) => Promise<unknown>
  stateOf: (control: Locator) => Promise<string | null>
}

const onOff: Choice['stateOf'] = (control) => control.getAttribute('aria-checked')
const choices: Record<string, Choice> = {
  'the switch of a bot': {
    place: () => scene.place('settings'),
    find: (page) => page.getByRole('switch', { name: 'The bot is on' }),
    choose: (control) => control.click(),
    stateOf: onOff,
  },
  'how long messages are kept': {
    place: () => scene.place('settings/privacy'),
    find: (page) => page.getByLabel('Keep messages for'),
    choose: (control) => control.selectOption({ index: 2 }),
    stateOf: (control) => control.inputValue(),
  },
  'the role of a member': {
    place: () => `${scene.app.url}/app/${scene.tenant.workspaceId}/settings/members`,
    find: (page) => page.getByRole('listitem').getByLabel('Role').last(),
    choose: (control) => control.selectOption('viewer'),
    stateOf: (control) => control.inputValue(),
  },
  'where the widget stands': {
    place: () => scene.place('widget'),
    find: (page) => page.getByLabel('Place', { exact: true }),
    choose: (control) => control.selectOption('left'),
    stateOf: (control) => control.inputValue(),
  },
}

describe.each(Object.entries(choices))('%s', (_, { place, find, choose, stateOf }) => {
  it('is shown at once, put back and said when it is refused, and stays when it is not', async () => {
    await scene.app.member(scene.tenant.workspaceId, 'editor')
    const page = await context.newPage()
    const faults = faultsOf(page)
    await visit(page, place())
    const nextChange = await holdChanges(page)
    const control = find(page)
    const before = await stateOf(control)

    await choose(control)
    const refused = await nextChange()
    const chosen = await stateOf(control)
    expect(chosen).not.toBe(before)
    await refused.fulfill({ status: 409, json: { error: 'conflict', detail: 'not while the cat sleeps' } })
    await page.getByText('Not while the cat sleeps.').waitFor()
    await expect.poll(() => stateOf(control)).toBe(before)

    await choose(control)
    const saved = answerTo(page)
    await (await nextChange()).continue()
    expect(await stateOf(control)).toBe(chosen)
    expect(await saved).toBe(200)
    await visit(page, place())
    expect(await stateOf(find(page))).toBe(chosen)
    // The browser itself says that an answer was 409.
    expect(faults.filter((fault) => !fault.includes('409'))).toEqual([])
    await page.close()
  }, 60_000)
})

it('of choices that are made while one is saved the last one is saved next, on what that left', async () => {
  const page = await context.newPage()
  await visit(page, scene.place('settings/privacy'))
  const nextChange = await holdChanges(page)
  const days = page.getByLabel('Keep messages for')
  for (const choice of ['7', '30', '90']) await days.selectOption(choice)
  for (const expected of [7, 90]) {
    const route = await nextChange()
    expect(route.request().postDataJSON()).toEqual({ retention_days: expected })
    const saved = answerTo(page)
    await route.continue()
    expect(await saved).toBe(200)
    expect(await days.inputValue()).toBe('90')
  }
  await page.close()
}, 30_000)

/** Leaving a place and coming back: what was under way, what was typed, what the address says, and the way through by keyboard. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { type Furnished, furnish } from './furnish.ts'
import { visit } from './places.ts'
import { type DashboardScene, openDashboard } from './scene.ts'

let scene: DashboardScene
let browser: Browser
let context: BrowserContext
let things: Furnished
let page: Page
/** What the page asked, in order, and what it is told. */
const asked: string[] = []
let isLeft = false
beforeAll(async () => {
  scene = await openDashboard()
  things = await furnish(scene, 'Winter catalogue')
  for (let at = 1; at <= 3; at++) await furnish(scene, `Winter catalogue ${at}`, at)
  browser = await launchBrowser()
  context = await scene.as(browser, 'owner', { reducedMotion: 'reduce' })
}, 120_000)
beforeEach(async () => {
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  asked.length = 0
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void (isLeft ? dialog.accept() : dialog.dismiss())
  })
})
afterEach(() => page.close())
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

describe('what was typed', () => {
  const tone = () => page.getByLabel('Tone')

  test('a field is saved by going to another place, with no key or click in between', async () => {
    await visit(page, scene.place('home'))
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await tone().fill('Gruff and dry')
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Bot' }).waitFor()
    await page.goForward()
    await expect.poll(() => tone().inputValue()).toBe('Gruff and dry')
    await visit(page, scene.place('settings'))
    await expect.poll(() => tone().inputValue()).toBe('Gruff and dry')
    expect(asked).toEqual([])
  })

  test('a field asks before the page is closed, and keeps what it holds', async () => {
    await visit(page, scene.place('settings'))
    await tone().pressSequentially(' indeed')
    const typed = await tone().inputValue()
    isLeft = false
    await page.close({ runBeforeUnload: true })
    await expect.poll(() => asked).toEqual(['beforeunload'])
    expect(await tone().inputValue()).toBe(typed)
    await tone().press('Tab')
    await page.getByText('All changes are saved in the draft').waitFor()
    isLeft = true
    await page.reload()
    expect(asked).toEqual(['beforeunload'])
  })

  test('a pasted text asks before the place is left, and stays or goes as one says', async () => {
    await visit(page, scene.place('knowledge'))
    const box = page.getByLabel('Add knowledge').getByRole('textbox')
    await box.fill('We are open on Sundays.\nAnd on Mondays as well.')
    isLeft = false
    await page.getByRole('link', { name: 'Insights' }).click()
    await expect.poll(() => asked).toEqual(['confirm'])
    expect(await box.inputValue()).toContain('Sundays')
    isLeft = true
    await page.getByRole('link', { name: 'Insights' }).click()
    await page.getByRole('heading', { level: 1, name: 'Insights' }).waitFor()
  })

  test('an answer of one’s own asks before Escape drops it; an untouched one closes at once', async () => {
    await visit(page, scene.place('knowledge/answers'))
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Add an answer' }).click()
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(asked).toEqual([])
    await page.getByRole('button', { name: 'Add an answer' }).click()
    await dialog.getByLabel('Answer').fill('On Sundays too.')
    isLeft = false
    await page.keyboard.press('Escape')
    await expect.poll(() => asked).toEqual(['confirm'])
    expect(await dialog.getByLabel('Answer').inputValue()).toBe('On Sundays too.')
    isLeft = true
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })
})

interface State {
  where: () => string
  /** Brings the place into the state. */
  set: () => Promise<unknown>
  /** What it looks like then. */
  look: () => Promise<unknown>
  is: unknown
}

const workspaceSettings = (tab: string) => `${scene.app.url}/app/${scene.tenant.workspaceId}/settings/${tab}`
const states: Record<string, State> = {
  'the search and filters of conversations': {
    where: () => scene.place('conversations'),
    async set() {
      await page.getByLabel('Which').selectOption('Rated not helpful')
      await page.getByLabel('From').fill('2020-02-03')
      await page.getByRole('searchbox').fill('Winter')
      await page.keyboard.press('Enter')
    },
    look: async () => [
      await page.getByRole('searchbox').inputValue(),
      await page.getByLabel('Which').inputValue(),
      await page.getByLabel('From').inputValue(),
      await page.getByRole('region', { name: 'Conversations' }).getByRole('listitem').count(),
    ],
    is: ['Winter', 'not_helpful', '2020-02-03', 4],
  },
  'an open conversation': {
    where: () => scene.place('conversations'),
    set: () =>
      page
        .getByRole('button', { name: /^Winter catalogue 2/ })
        .first()
        .click(),
    look: () => page.getByRole('heading', { level: 2 }).allInnerTexts(),
    is: ['Visitor Winter catalogue 2'],
  },
  'the state of pages and an open page': {
    where: () => scene.place(`knowledge/${things.sourceId}`),
    async set() {
      await page.getByLabel('Pages').and(page.locator('select')).selectOption('Failed')
      await page.getByRole('region', { name: 'Pages' }).getByRole('button').first().click()
    },
    look: async () => [
      await page.getByRole('dialog').getByText('What was read').count(),
      await page.locator('select').nth(1).inputValue(),
    ],
    is: [1, 'failed'],
  },
  'a tab': {
    where: () => scene.place('widget'),
    set: () => page.getByRole('link', { name: 'Keys and domains' }).click(),
    look: () => page.getByRole('button', { name: 'New key' }).count(),
    is: 1,
  },
  'a question that is tried': {
    where: () => scene.place('knowledge/try'),
    async set() {
      await page.getByLabel('A visitor’s question').fill('Winter')
      await page.keyboard.press('Enter')
    },
    look: async () => [
      await page.getByLabel('A visitor’s question').inputValue(),
      (await page.getByText(/^Score/).count()) > 0,
    ],
    is: ['Winter', true],
  },
  'the time of Insights': {
    where: () => scene.place('insights'),
    set: () => page.getByLabel('Time').selectOption('Last 90 days'),
    look: () => page.getByLabel('Time').inputValue(),
    is: '90',
  },
  'the version in the playground': {
    where: () => scene.place('playground'),
    set: () => page.getByLabel('Version').selectOption('Live'),
    look: () => page.getByLabel('Version').inputValue(),
    is: 'live',
  },
  'the day of the audit log': {
    where: () => workspaceSettings('audit'),
    set: () => page.getByLabel('Until').fill('2020-01-01'),
    look: async () => [
      await page.getByLabel('Until').inputValue(),
      await page.getByText('Nothing was written').count(),
    ],
    is: ['2020-01-01', 1],
  },
  'a price that is changed': {
    where: () => workspaceSettings('prices'),
    set: () => page.getByRole('main').getByRole('button', { name: 'Change' }).first().click(),
    look: () => page.getByRole('dialog').getByRole('heading').allInnerTexts(),
    is: ['Price of openai:Winter catalogue'],
  },
}

describe('the address', () => {
  test.each(Object.keys(states))('holds %s: a reload changes nothing', async (name) => {
    const state = states[name]
    if (!state) throw new Error(name)
    await visit(page, state.where())
    await state.set()
    await expect.poll(state.look, { timeout: 10_000 }).toEqual(state.is)
    await page.reload()
    await expect.poll(state.look, { timeout: 10_000 }).toEqual(state.is)
  })
})

describe.each([
  ['wide', { width: 1400, height: 900 }],
  ['narrow', { width: 400, height: 800 }],
])('conversations by keyboard, %s', (_, viewport) => {
  test('arrows go through the list, Enter opens, Escape leads back to the row', async () => {
    await page.setViewportSize(viewport)
    await visit(page, scene.place('conversations'))
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 18) ?? '')
    await page.getByRole('region', { name: 'Conversations' }).getByRole('button').first().focus()
    expect(await focused()).toBe('Winter catalogue 3')
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('Winter catalogue 2')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Visitor Winter catalogue 2' }).waitFor()
    // The focus is never lost to the page as a whole.
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY')
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/conversations(\?|$)/)
    await expect.poll(focused).toBe('Winter catalogue 2')
  })
})

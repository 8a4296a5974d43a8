/** Each list while there is nothing in it, while it is on its way, and while the server fails. */
import type { Browser, BrowserContext, Locator, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { newId, type SourceId } from '../../server/src/platform/id.ts'
import { sources } from '../../server/src/sources/tables.ts'
import { launchBrowser } from '../browser.ts'
import { type Furnished, furnish } from './furnish.ts'
import { botPlaces, workspacePlaces } from './places.ts'
import { type DashboardScene, openDashboard } from './scene.ts'

const name = 'Winter catalogue'

let browser: Browser
let scene: DashboardScene
let things: Furnished
let full: BrowserContext
beforeAll(async () => {
  scene = await openDashboard()
  things = await furnish(scene, name)
  browser = await launchBrowser()
  full = await scene.as(browser, 'owner', { reducedMotion: 'reduce' })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await scene?.[Symbol.asyncDispose]()
})

/** A few at a time: most of it is waiting. */
async function inTurns<T>(rows: readonly T[], what: (row: T) => Promise<void>): Promise<void> {
  const left = [...rows]
  const work = async () => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) await what(row)
  }
  await Promise.all([work(), work(), work()])
}

interface List {
  /** `bot` and `workspace` stand for where they are. */
  where: string
  /** What stands there once it has come. */
  shows: string | RegExp
}

/** What the dashboard reads, place by place. */
const lists = (): List[] => [
  { where: 'workspace', shows: /^Bot$/ },
  { where: 'workspace/settings', shows: 'Leave the workspace' },
  { where: 'workspace/settings/members', shows: 'winter@example.com' },
  { where: 'workspace/settings/usage', shows: /messages, without a cap/ },
  { where: 'workspace/settings/credentials', shows: name },
  { where: 'workspace/settings/prices', shows: `openai:${name}` },
  { where: 'workspace/settings/tokens', shows: 'No personal token' },
  { where: 'workspace/settings/audit', shows: 'invitation created' },
  { where: 'bot/home', shows: 'Rated helpful' },
  { where: 'bot/welcome', shows: 'Ask it something' },
  { where: 'bot/conversations', shows: name },
  { where: `bot/conversations/${things.sessionId}`, shows: `Visitor ${name}` },
  { where: 'bot/knowledge', shows: name },
  { where: 'bot/knowledge/answers', shows: name },
  { where: 'bot/knowledge/try?q=Winter', shows: /The model would get it|too weak to answer from/ },
  { where: `bot/knowledge/${things.sourceId}`, shows: name },
  { where: `bot/knowledge/${things.sourceId}/history`, shows: '1 added, 1 changed, 1 removed' },
  { where: `bot/knowledge/${things.sourceId}?page=${things.pageId}`, shows: 'What was read' },
  { where: 'bot/playground', shows: 'There are no unpublished changes' },
  { where: 'bot/insights', shows: 'Day by day' },
  { where: 'bot/widget', shows: 'Suggested questions' },
  { where: 'bot/widget/keys', shows: name },
  { where: 'bot/widget/install', shows: 'Check the installation' },
  { where: 'bot/settings', shows: 'Identity' },
  { where: 'bot/settings/moderation', shows: 'Patterns, one a line' },
  { where: 'bot/settings/versions', shows: 'Version 1' },
  { where: 'bot/settings/privacy', shows: 'Keep messages for' },
]

function addressOf(
  where: string,
  { workspaceId, botId }: { workspaceId: string; botId: string } = scene.tenant,
): string {
  return `${scene.app.url}/app/${where.replace(/^workspace/, workspaceId).replace(/^bot/, `${workspaceId}/${botId}`)}`
}

/** A drawer lies over the place it belongs to, which is hidden from everybody meanwhile. */
const ground = (page: Page): Locator => page.getByRole('dialog').or(page.getByRole('main'))
const shown = (page: Page, text: string | RegExp): Locator => ground(page).getByText(text).filter({ visible: true })

const answers = '**/api/workspaces/**'

async function seen(locator: Locator, timeout = 15_000): Promise<boolean> {
  return locator
    .first()
    .waitFor({ timeout })
    .then(
      () => true,
      () => false,
    )
}

/** Nothing is read at the first opening: forms, and what only shows what was asked. */
const withoutReading = ['workspace/start', 'new', 'bot/knowledge/try']

it('every place stands in the table', () => {
  const places = [...botPlaces('bot'), ...workspacePlaces('workspace')].map((place) => place.replace(/\/$|\?.*/g, ''))
  const known = [...lists().map(({ where }) => where), ...withoutReading]
  expect(places.filter((place) => !known.includes(place))).toEqual([])
})

describe('a list that is on its way', () => {
  it('shows where it will stand, says so to a screen reader, and gives way to what has come', async () => {
    const wrong: string[] = []
    await inTurns(lists(), async (list) => {
      const page = await full.newPage()
      const held: Route[] = []
      let isHeld = true
      await page.route(answers, (route) => (isHeld ? void held.push(route) : route.continue()))
      await page.goto(addressOf(list.where))
      const skeleton = page.locator('main [role="status"]').filter({ hasText: 'Loading…' })
      if (!(await seen(skeleton))) wrong.push(`${list.where} shows nothing while it is on its way`)
      if (await shown(page, list.shows).count()) wrong.push(`${list.where} was there before it was answered`)
      isHeld = false
      for (const route of held.splice(0)) await route.continue()
      if (!(await seen(shown(page, list.shows)))) wrong.push(`${list.where} never came`)
      const isGone = expect.poll(() => skeleton.count(), { timeout: 15_000 }).toBe(0)
      await isGone.catch(() => wrong.push(`${list.where} still loads`))
      await page.close()
    })
    expect(wrong).toEqual([])
  }, 300_000)
})

describe('a list that the server fails to give', () => {
  it('says so in words, offers another try, and shows what it has once the server is back', async () => {
    const wrong: string[] = []
    await inTurns(lists(), async ({ where, shows }) => {
      const page = await full.newPage()
      await page.route(answers, (route) => route.fulfill({ status: 503, json: { error: 'unavailable' } }))
      await page.goto(addressOf(where))
      const alerts = ground(page).getByRole('alert').filter({ hasText: 'The service is not available right now.' })
      const retries = alerts.getByRole('button', { name: 'Try again' })
      if (!(await seen(retries, 20_000))) wrong.push(`${where} does not say that the server fails`)
      await page.unroute(answers)
      // By keyboard: a pointer waits for frames, and a page behind others is painted rarely.
      const rest = async () => {
        const [retry] = await retries.all()
        await retry?.press('Enter', { timeout: 2_000 }).catch(() => {})
        return alerts.count()
      }
      await expect
        .poll(rest, { timeout: 20_000 })
        .toBe(0)
        .catch(() => wrong.push(`${where} stays broken`))
      if (!(await seen(shown(page, shows)))) wrong.push(`${where} is not whole again`)
      await page.close()
    })
    expect(wrong).toEqual([])
  }, 400_000)
})

interface EmptyList {
  where: string
  /** What is missing, in words. */
  says: string
  /** What to do about it. */
  act: (page: Page) => Locator
}

const link = (name: string) => (page: Page) => page.getByRole('main').getByRole('link', { name })
const button = (name: string) => (page: Page) => page.getByRole('main').getByRole('button', { name })
const field = (name: string) => (page: Page) => page.getByRole('main').getByLabel(name)

const emptyWorkspace: EmptyList[] = [
  { where: 'workspace', says: 'Your first bot', act: link('New bot') },
  { where: 'workspace/settings/members', says: 'Nobody is invited at the moment.', act: field('E-mail') },
  { where: 'workspace/settings/usage', says: '0 messages, without a cap', act: link('General') },
  { where: 'workspace/settings/credentials', says: 'No model key', act: button('Add a key') },
  { where: 'workspace/settings/prices', says: 'No price given', act: button('Give a price') },
  { where: 'workspace/settings/tokens', says: 'No personal token', act: button('New token') },
  { where: 'workspace/settings/audit?until=2020-01-01', says: 'Nothing was written down yet.', act: field('Until') },
]

const emptyBot = (sourceId: string): EmptyList[] => [
  { where: 'bot/home', says: 'Until it is live', act: link('Give it something to answer from') },
  { where: 'bot/conversations', says: 'No conversation yet', act: link('Ask the first one yourself') },
  { where: 'bot/conversations?q=zebra', says: 'Nothing matches', act: button('Show all') },
  { where: 'bot/knowledge/answers', says: 'No answers of your own yet', act: button('Add an answer') },
  { where: 'bot/knowledge/try?q=Winter', says: 'Nothing was found.', act: link('Sources') },
  { where: `bot/knowledge/${sourceId}`, says: 'No page yet', act: link('History') },
  { where: `bot/knowledge/${sourceId}?state=failed`, says: 'No page is in this state', act: button('Show all pages') },
  { where: `bot/knowledge/${sourceId}/history`, says: 'It has not been read yet', act: button('What to do with') },
  { where: 'bot/insights', says: 'Nothing was asked in this time', act: link('To the playground') },
  { where: 'bot/widget/keys', says: 'No key yet', act: button('New key') },
  { where: 'bot/widget/install', says: 'You need a key first', act: button('Make a key') },
  { where: 'bot/settings/versions', says: 'Version 1', act: link('Moderation') },
]

describe('an empty list', () => {
  async function expectEmpty(rows: EmptyList[], at: { workspaceId: string; botId: string }, context: BrowserContext) {
    const wrong: string[] = []
    await inTurns(rows, async ({ where, says, act }) => {
      const page = await context.newPage()
      await page.goto(addressOf(where, at))
      if (!(await seen(shown(page, says)))) wrong.push(`${where} does not say “${says}”`)
      if (!(await seen(act(page)))) wrong.push(`${where} offers nothing to do`)
      await page.close()
    })
    expect(wrong).toEqual([])
  }

  it('says what is missing and what to do in a new bot', async () => {
    const { ports } = scene.app
    const { workspaceId } = scene.tenant
    const botId = await saveBot(ports, workspaceId, { name: 'New' })
    const sourceId = newId<SourceId>()
    await expectEmpty(
      [{ where: 'bot/knowledge', says: 'Nothing to answer from yet', act: field('Add knowledge') }],
      { workspaceId, botId },
      full,
    )
    const source = { workspaceId, botId, id: sourceId, kind: 'text', title: 'New', state: 'ready' } as const
    await ports.db.insert(sources).values(source)
    await expectEmpty(emptyBot(sourceId), { workspaceId, botId }, full)
  }, 120_000)

  it('says what is missing and what to do in a new workspace', async () => {
    const workspaceId = await scene.newWorkspace()
    await expectEmpty(emptyWorkspace, { workspaceId, botId: '' }, await scene.as(browser, 'owner', {}, workspaceId))
  }, 120_000)
})

/** What each role sees, and two editors of one draft. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../server/src/workspaces/workspaces.ts'
import { launchBrowser } from '../browser.ts'
import { bearer, get } from '../contract/scene.ts'
import { converse, type DashboardScene, faultsOf, openDashboard } from './scene.ts'

let browser: Browser
let scene: DashboardScene
beforeAll(async () => {
  scene = await openDashboard()
  await converse(scene)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await scene[Symbol.asyncDispose]()
})

async function openAs(role: Role, place: string): Promise<{ page: Page; faults: string[] }> {
  const page = await (await scene.as(browser, role)).newPage()
  const faults = faultsOf(page)
  await page.goto(scene.place(place))
  return { page, faults }
}

describe('a role', () => {
  it.each([
    ['viewer', false],
    ['editor', true],
  ] as const)(
    '%s › may change bots, knowledge and keys: %s',
    async (role, mayEdit) => {
      const { page, faults } = await openAs(role, 'settings')
      await expect.poll(() => page.getByLabel('Instructions').isEnabled(), { timeout: 15_000 }).toBe(mayEdit)
      await page.goto(scene.place('knowledge'))
      await page.getByRole('heading', { name: 'Knowledge' }).waitFor()
      await page.getByText('Text', { exact: false }).first().waitFor()
      await expect.poll(() => page.getByRole('form', { name: 'Add knowledge' }).count()).toBe(mayEdit ? 1 : 0)
      await page.goto(scene.place('widget/keys'))
      await expect
        .poll(() => page.getByRole('button', { name: 'Revoke' }).isEnabled(), { timeout: 15_000 })
        .toBe(mayEdit)
      expect(faults).toEqual([])
      await page.context().close()
    },
    90_000,
  )

  it.each([
    ['editor', false],
    ['admin', true],
  ] as const)(
    '%s › may delete conversations and see model keys and the audit log: %s',
    async (role, mayDelete) => {
      const { page, faults } = await openAs(role, 'conversations')
      await page.locator('main ul button').first().click()
      await expect
        .poll(() => page.getByRole('button', { name: 'Delete' }).isEnabled(), { timeout: 15_000 })
        .toBe(mayDelete)
      await page.goto(`${scene.app.url}/app/${scene.tenant.workspaceId}/settings`)
      await page.getByRole('link', { name: 'Members' }).waitFor()
      for (const tab of ['Model keys', 'Audit log'])
        await expect.poll(() => page.getByRole('link', { name: tab }).count()).toBe(mayDelete ? 1 : 0)
      expect(faults).toEqual([])
      await page.context().close()
    },
    90_000,
  )
})

describe('two editors of one draft', () => {
  it('the second is told and sees the newest; nothing of the first is overwritten', async () => {
    const [one, other] = [await openAs('editor', 'settings'), await openAs('editor', 'settings')]
    const name = (page: Page) => page.getByLabel('Name', { exact: true })
    await Promise.all([one, other].map(({ page }) => name(page).waitFor()))
    await name(one.page).fill('Bruno the Baker')
    await name(one.page).blur()
    await one.page.getByText('One setting is not published yet.').waitFor()

    await other.page.getByLabel('Tone').fill('Gruff')
    await other.page.getByLabel('Tone').blur()
    await other.page.getByText('Somebody else has changed this in the meantime.', { exact: false }).waitFor()
    await expect.poll(() => name(other.page).inputValue()).toBe('Bruno the Baker')

    const { token } = await scene.app.member(scene.tenant.workspaceId, 'viewer')
    const path = `/api/workspaces/${scene.tenant.workspaceId}/bots/${scene.tenant.botId}/draft/`
    const { json } = await get(scene.app, path, { headers: bearer(token) })
    expect(json).toMatchObject({ changed: ['name'], settings: { name: 'Bruno the Baker', tone: null } })

    // With what is newest in view it goes through.
    await other.page.getByLabel('Tone').fill('Kind')
    await other.page.getByLabel('Tone').blur()
    await other.page.getByText('2 settings are not published yet.').waitFor()
    for (const { page } of [one, other]) await page.context().close()
  }, 90_000)
})

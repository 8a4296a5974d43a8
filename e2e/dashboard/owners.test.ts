/** What only an owner does, or does seldom: publishes and looks at what changed, hands the workspace over. */
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { bearer, get } from '../contract/scene.ts'
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

it('a change that is published is a version, whose differences are shown', async () => {
  const page = await context.newPage()
  const faults = faultsOf(page)
  for (const name of ['Otto', 'Ida']) {
    await visit(page, scene.place('settings'))
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Name', { exact: true }).press('Tab')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('button', { name: 'Publish' }).waitFor({ state: 'detached' })
  }
  await visit(page, scene.place('settings/versions'))
  await page.getByRole('button', { name: 'What differs' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Otto').waitFor()
  expect(await dialog.getByRole('term').allTextContents()).toEqual(['Name'])
  expect((await dialog.getByRole('definition').allTextContents()).map((text) => text.slice(-4))).toEqual([
    'Otto',
    expect.stringContaining('Ida'),
  ])
  expect(faults).toEqual([])
  await page.close()
})

it('a model key is renamed and replaced in its place, and deleted once that was confirmed', async () => {
  const { app, tenant } = scene
  const page = await context.newPage()
  const faults = faultsOf(page)
  await visit(page, `${app.url}/app/${tenant.workspaceId}/settings/credentials`)
  await page.getByRole('button', { name: 'Add a key' }).click()
  await page.getByRole('dialog').getByLabel('Key', { exact: true }).fill('sk-the-first-key-1111')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('…1111').waitFor()

  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Accounting')
  await page.getByRole('dialog').getByLabel('New key (optional)').fill('sk-the-second-key-2222')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('…2222').waitFor()
  await page.getByText('Accounting', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No model key').waitFor()
  expect(faults).toEqual([])
  await page.close()
})

it('the workspace is handed over to another member, and the former owner is told what is left to them', async () => {
  const { app, tenant } = scene
  const { userId, token } = await app.member(tenant.workspaceId, 'admin')
  const page = await context.newPage()
  const faults = faultsOf(page)
  await visit(page, `${app.url}/app/${tenant.workspaceId}/settings`)
  await page.getByLabel('New owner').selectOption(userId)
  await page.getByRole('button', { name: 'Hand the workspace over' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hand the workspace over' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Hand the workspace over' }).waitFor({ state: 'detached' })
  const { body } = await get(app, `/api/workspaces/${tenant.workspaceId}/members/`, { headers: bearer(token) })
  expect(JSON.parse(body).members).toContainEqual(expect.objectContaining({ user_id: userId, role: 'owner' }))
  expect(faults).toEqual([])
  await page.close()
})

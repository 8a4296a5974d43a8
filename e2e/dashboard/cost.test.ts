/** From an answer whose cost nobody knows to what it and all of them cost. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { replying } from '../contract/scene.ts'
import { visit } from './places.ts'
import { converse, type DashboardScene, faultsOf, openDashboard } from './scene.ts'

const bot = replying('ok', { reply: 'Five days. [1]' })
let browser: Browser
let scene: DashboardScene
beforeAll(async () => {
  scene = await openDashboard({}, { bot })
  await converse(scene)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await scene[Symbol.asyncDispose]()
})

async function openInsights(role: 'owner' | 'viewer'): Promise<Page> {
  const page = await (await scene.as(browser, role)).newPage()
  await visit(page, scene.place('insights'))
  await page.getByRole('heading', { name: 'Tokens and cost' }).waitFor()
  return page
}

it('a model without a price leads to giving one, and then each answer and their sum have a cost', async () => {
  const page = await openInsights('owner')
  const faults = faultsOf(page)
  await page.getByText('No price given').waitFor()
  await page.getByRole('link', { name: 'Give a price' }).click()
  const form = page.getByRole('dialog')
  expect(await form.getByLabel('Model').inputValue()).toBe(bot.chatModel)
  await form.getByLabel('A million tokens read').fill('1000')
  await form.getByLabel('A million tokens written').fill('0,5')
  await form.getByLabel('Currency').fill('eur')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('€1,000.00 read · €0.50 written').waitFor()

  await visit(page, scene.place('insights?show=cost'))
  const tile = page.getByRole('listitem').filter({ hasText: /^Cost€/ })
  expect(await tile.innerText()).toMatch(/€0\.\d{2,}/)
  await page.getByText('The same as a table').click()
  await page.getByRole('cell', { name: /^€0\.\d*[1-9]/ }).waitFor()
  await page.getByRole('link', { name: bot.chatModel }).click()
  await page.getByRole('button', { name: /Answered by/ }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'How many working days' }).getByRole('button').click()
  await page.getByText('Why this answer').first().click()
  await page.getByText(/costs €0\.\d+ at today’s price/).waitFor()
  expect(faults).toEqual([])
}, 60_000)

it('a viewer reads costs, and is offered no way to change a price', async () => {
  const page = await openInsights('viewer')
  expect(await page.getByRole('link', { name: 'Give a price' }).count()).toBe(0)
  expect(await page.getByText(/€0\.\d/).count()).toBeGreaterThan(0)
}, 30_000)

/** Each place while the server fails, and once it is back. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../browser.ts'
import { botPlaces, workspacePlaces } from './places.ts'
import { converse, type DashboardScene, openDashboard } from './scene.ts'

let browser: Browser
let scene: DashboardScene
let context: BrowserContext
beforeAll(async () => {
  scene = await openDashboard()
  await converse(scene)
  browser = await launchBrowser()
  context = await scene.as(browser, 'owner')
})
afterAll(async () => {
  await browser.close()
  await scene[Symbol.asyncDispose]()
})

/** Nothing is read at the first opening, so nothing can fail: forms, and what only shows what was asked. */
const withoutReading = /(^|\/)(start|new|try)(\?|$)/

async function failAll(page: Page): Promise<() => Promise<void>> {
  const pattern = '**/api/workspaces/**'
  await page.route(pattern, (route) => route.fulfill({ status: 503, json: { error: 'unavailable' } }))
  return () => page.unroute(pattern)
}

describe('a place while the server fails', () => {
  it('says so, offers another try, and shows what it has once the server is back', async () => {
    const { workspaceId, botId } = scene.tenant
    const paths = [...workspacePlaces(workspaceId), ...botPlaces(`${workspaceId}/${botId}`)]
    const silent: string[] = []
    const lost: string[] = []
    for (const path of paths.filter((one) => !withoutReading.test(one))) {
      const page = await context.newPage()
      const heal = await failAll(page)
      await page.goto(`${scene.app.url}/app/${path.replace(/^\/?(app\/)?/, '')}`)
      const retry = page.getByRole('main').getByRole('button', { name: 'Try again' }).first()
      const isSaid = await retry.waitFor({ timeout: 15_000 }).then(
        () => true,
        () => false,
      )
      if (!isSaid) silent.push(path)
      else {
        await heal()
        for (let tries = 0; tries < 8 && (await retry.count()) > 0; tries++) {
          await retry.click({ timeout: 2_000 }).catch(() => {})
          await page.waitForTimeout(400)
        }
        if ((await page.getByRole('alert').count()) > 0) lost.push(path)
      }
      await page.close()
    }
    expect({ silent, lost }).toEqual({ silent: [], lost: [] })
  }, 400_000)
})

/** Every place of the dashboard, for the tests that visit them all. */
import type { Page } from 'playwright-core'

const ofBot = [
  'home',
  'welcome',
  'conversations',
  'knowledge',
  'knowledge/answers',
  'knowledge/try?q=How+long+does+a+refund+take',
  'playground',
  'widget',
  'widget/keys',
  'widget/install',
  'insights',
  'settings',
  'settings/moderation',
  'settings/versions',
  'settings/privacy',
]

const ofWorkspace = [
  '',
  '/start',
  '/settings',
  '/settings/members',
  '/settings/usage',
  '/settings/credentials',
  '/settings/prices',
  '/settings/tokens',
  '/settings/audit',
]

export const botPlaces = (bot: string): string[] => ofBot.map((place) => `${bot}/${place}`)
export const workspacePlaces = (workspace: string): string[] => [
  ...ofWorkspace.map((place) => workspace + place),
  workspace.replace(/[^/]+$/, 'new'),
]

/** Opens a place and waits until nothing there is on its way any more. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.locator('h1, h2').filter({ visible: true }).first().waitFor()
  await page.waitForFunction(() => !document.querySelector('#root [role="status"] .animate-pulse'))
  await page.evaluate(() => document.fonts.ready)
}

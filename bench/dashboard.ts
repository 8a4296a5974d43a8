/** How soon the dashboard shows what was done to it, in Chromium, for a bot of 10,000 conversations and a source of 2,000 pages. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../e2e/browser.ts'
import { type DashboardScene, openDashboard } from '../e2e/dashboard/scene.ts'
import { median, percentile } from './measure.ts'
import { type Row, report } from './results.ts'

const conversations = 10_000
const pages = 2_000
const steps = 40

export async function benchDashboard(): Promise<void> {
  const rows: Row[] = []
  const add = (name: string, what: string, value: number) =>
    rows.push({ bench: 'dashboard', case: `${name}, ${what}`, value, unit: 'ms', ratio: null })
  await using scene = await openDashboard()
  const sourceId = await fill(scene)
  const browser = await launchBrowser()
  try {
    const context = await scene.as(browser, 'owner', { viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.addInitScript(observeInteractions)

    add('conversations', 'opened', await timeUntil(page, scene.place('conversations'), 'main ul button'))
    const list = page.locator('main ul button')
    await list.first().click()
    for (let step = 0; step < steps; step++) await page.keyboard.press('ArrowDown')
    await page.getByRole('searchbox').pressSequentially('parcel number 77')
    await page.keyboard.press('Enter')
    await page.waitForLoadState('networkidle')
    addInteractions(add, 'conversations', await interactionsOf(page))

    add('pages', 'opened', await timeUntil(page, scene.place(`knowledge/${sourceId}`), 'main ul button'))
    for (let step = 0; step < steps; step++) {
      await page.mouse.move(700, 600)
      await page.mouse.wheel(0, 1_200)
      await page.waitForTimeout(50)
    }
    await list.first().click()
    await page.keyboard.press('Escape')
    await page.locator('main select').last().selectOption('failed')
    await page.waitForLoadState('networkidle')
    addInteractions(add, 'pages', await interactionsOf(page))
  } finally {
    await browser.close()
  }
  report('dashboard', rows)
}

function addInteractions(add: (name: string, what: string, value: number) => void, name: string, durations: number[]) {
  add(name, 'interaction to paint, median', median(durations))
  add(name, 'interaction to paint, p95', percentile(durations, 0.95))
}

/** From the address to the first row, with everything cached but the data. */
async function timeUntil(page: Page, address: string, selector: string): Promise<number> {
  await page.goto(address)
  await page.locator(selector).first().waitFor()
  await page.waitForLoadState('networkidle')
  const began = performance.now()
  await page.goto(address)
  await page.locator(selector).first().waitFor()
  return performance.now() - began
}

declare global {
  interface Window {
    interactions: number[]
  }
}

/** Event Timing: from the input to the next paint, of each interaction, in steps of 8 ms. */
function observeInteractions(): void {
  window.interactions = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ((entry as PerformanceEventTiming & { interactionId?: number }).interactionId)
        window.interactions.push(entry.duration)
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)
}

async function interactionsOf(page: Page): Promise<number[]> {
  await page.waitForTimeout(300)
  return page.evaluate(() => window.interactions)
}

/** Resolves with the id of the source. */
async function fill({ app, tenant }: DashboardScene): Promise<string> {
  const { workspaceId, botId } = tenant
  const { db } = app.ports
  const sourceId = randomUUID()
  await db.execute(sql`
    insert into sessions (workspace_id, bot_id, session_id, created_at, last_turn_at)
    select ${workspaceId}, ${botId}, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
      now() - make_interval(mins => n), now() - make_interval(mins => n)
    from generate_series(1, ${conversations}::int) n`)
  await db.execute(sql`
    insert into turns (workspace_id, bot_id, session_id, id, question_id, question, answer, finish_reason, created_at, ended_at, lease_until)
    select ${workspaceId}, ${botId}, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
      nextval('turns_question_id_seq'), nextval('turns_question_id_seq'), 'Where is parcel number ' || n || '?',
      'It is on its way.', 'stop', now() - make_interval(mins => n), now() - make_interval(mins => n), now()
    from generate_series(1, ${conversations}::int) n`)
  await db.execute(sql`
    insert into sources (workspace_id, bot_id, id, kind, url, state)
    values (${workspaceId}, ${botId}, ${sourceId}, 'website', 'https://example.com/', 'ready')`)
  await db.execute(sql`
    insert into pages (workspace_id, bot_id, source_id, id, title, url, address, state, ordinal)
    select ${workspaceId}, ${botId}, ${sourceId}, gen_random_uuid(), 'Page number ' || n, 'https://example.com/' || n,
      'https://example.com/' || n, case when n % 20 = 0 then 'failed' else 'indexed' end, n
    from generate_series(1, ${pages}::int) n`)
  await db.execute(sql`analyze`)
  return sourceId
}

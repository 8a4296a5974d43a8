/** `npm run screenshots`: the pictures of `docs/images/`, of a small shop that does not exist. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import sharp from 'sharp'
import { launchBrowser } from '../e2e/browser.ts'
import { turn } from '../e2e/contract/scene.ts'
import { visit } from '../e2e/dashboard/places.ts'
import { openDashboard } from '../e2e/dashboard/scene.ts'
import { fixDay } from './screenshots/fixed-day.ts'
import { shop } from './screenshots/shop.ts'

const folder = join(import.meta.dirname, '../docs/images')

await using scene = await openDashboard(
  {},
  { bot: { ...shop.bot, chatModel: 'built-in', embeddingModel: 'built-in' }, passages: shop.pages },
)
const { app, tenant } = scene
const { db } = app.ports
const { workspaceId } = tenant

const today = sql`date_trunc('day', now(), 'UTC')`

// Told apart by what is asked, so that each run has the same ids.
const idOf = (text: string) =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-')
for (const [index, questions] of shop.conversations.entries()) {
  const session_id = idOf(questions.join())
  for (const message of questions) {
    const visitor = { visitor_id: `customer-${1042 + index}`, visitor_metadata: { plan: 'regular', page: '/checkout' } }
    const { status } = await app.chat(turn(tenant, { message, session_id, ...visitor }))
    if (status !== 200) throw new Error(`${message} was answered with ${status}.`)
  }
  const then = sql`${today} - make_interval(days => ${index}, mins => ${index * 47 + 9})`
  await db.execute(sql`update turns set created_at = ${then}, ended_at = ${then},
    rating = ${[1, null, 1, -1, null][index % 5]} where session_id = ${session_id}`)
  await db.execute(sql`update sessions set created_at = ${then}, last_turn_at = ${then}
    where session_id = ${session_id}`)
}
await db.execute(sql`update workspaces set name = ${shop.workspace} where id = ${workspaceId}`)
await db.execute(
  sql`update sources set state = 'ready', synced_at = ${today} - interval '15 hours' where workspace_id = ${workspaceId}`,
)
await db.execute(sql`update sources s set title = p.title, url = p.url, kind = 'url' from pages p
  where p.source_id = s.id and s.workspace_id = ${workspaceId}`)
await db.execute(sql`update pages set state = 'indexed', fetched_at = ${today} where workspace_id = ${workspaceId}`)
await db.execute(
  sql`update keys set name = 'Website', domains = '["northwind-tea.example"]', last_seen_at = ${today} where workspace_id = ${workspaceId}`,
)

const browser = await launchBrowser()
const context = await scene.as(browser, 'owner', {
  viewport: { width: 1280, height: 800 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
  locale: 'en',
  timezoneId: 'UTC',
})
await fixDay(context)
await db.execute(sql`update users set name = 'Ada Lind', email = 'ada@northwind-tea.example'`)
const page = await context.newPage()

async function take(name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  const { size } = await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(join(folder, `${name}.png`))
  console.log(`${String(Math.ceil(size / 1024)).padStart(4)} kB  docs/images/${name}.png`)
}

await mkdir(folder, { recursive: true })
for (const name of ['home', 'knowledge', 'insights']) {
  await visit(page, scene.place(name))
  await take(name)
}
await visit(page, scene.place(`conversations/${idOf(shop.conversations[0]?.join() ?? '')}`))
await page.getByText(shop.asked).nth(1).waitFor()
await take('conversations')
await visit(page, scene.place('widget'))
await page.frameLocator('iframe').first().getByRole('textbox').waitFor()
await take('widget')
await visit(page, scene.place('playground'))
const widget = page.frameLocator('iframe').first()
await widget.getByRole('textbox').fill(shop.asked)
await widget.getByRole('textbox').press('Enter')
await page.locator('main ol[aria-live] li').first().waitFor()
await db.execute(sql`update turns set created_at = ${today} + interval '12 hours' where key_id is null`)
await page.getByText('12:00').waitFor()
await take('playground')
await browser.close()

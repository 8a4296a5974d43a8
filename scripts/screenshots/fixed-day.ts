/** Shows a browser all that has happened lately as if today were one fixed day, so that the pictures stay as they are. */
import type { BrowserContext } from 'playwright-core'

const dayMs = 86_400_000
const fixedDay = Date.parse('2026-05-14')
const days = Math.floor(Date.now() / dayMs) - fixedDay / dayMs

const shifted = (text: string, by: number) =>
  text.replaceAll(/\b20\d\d-\d\d-\d\d(?!\d)/g, (day) =>
    new Date(Date.parse(day) + by * dayMs).toISOString().slice(0, 10),
  )

/** At noon. How long something took is different each time, and is made the same as well. */
export async function fixDay(context: BrowserContext): Promise<void> {
  await context.clock.setFixedTime(fixedDay + dayMs / 2)
  await context.route(/\/api\/workspaces\//, async (route) => {
    const request = route.request()
    if (request.method() !== 'GET') return route.continue()
    const response = await route.fetch({ url: shifted(decodeURIComponent(request.url()), days) })
    const body = shifted(await response.text(), -days).replaceAll(
      /"(search_ms|first_text_ms|first_text_p50|first_text_p95|search_p50)":\d+/g,
      '"$1":24',
    )
    await route.fulfill({ response, body })
  })
}

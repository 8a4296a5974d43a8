import { beforeEach, expect, test } from 'vitest'
import { openWidgetScene, until } from './widget-scene.ts'

const scene = openWidgetScene()
beforeEach(() => {
  scene.standIn.steps = ['Five days.']
})

const thumb = (name: 'Helpful' | 'Not helpful', at = scene.page) => at.getByRole('button', { name, exact: true })
const pressed = async (at = scene.page) => [
  await thumb('Helpful', at).getAttribute('aria-pressed'),
  await thumb('Not helpful', at).getAttribute('aria-pressed'),
]
const told = () => scene.standIn.requests.filter(({ path }) => path === '/api/chat/rating/').map(({ body }) => body)

async function ask() {
  await scene.page.goto(scene.host.origin)
  await scene.page.locator('.launcher').click()
  await scene.page.getByRole('textbox').fill('How long?')
  await scene.page.keyboard.press('Enter')
}

test('an answer is rated, rated otherwise, and not at all, by mouse and keyboard', async () => {
  await ask()
  await thumb('Helpful').click()
  await until(() => pressed()).toEqual(['true', 'false'])
  await scene.page.keyboard.press('Tab')
  await scene.page.keyboard.press('Enter')
  await until(() => pressed()).toEqual(['false', 'true'])
  await scene.page.keyboard.press('Space')
  await until(() => pressed()).toEqual(['false', 'false'])
  await until(() => told().map(({ rating }) => rating)).toEqual([1, -1, null])
  const [first] = told()
  const question = scene.standIn.asked()[0]?.body
  expect(first).toEqual({
    public_key: 'mvc_pk_test',
    session_id: question?.session_id,
    message_id: 128_000,
    rating: 1,
  })
  for (const name of ['Helpful', 'Not helpful'] as const) {
    const box = await thumb(name).boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24)
  }
})

test('a rating outlives a reload, and another tab sees it and has the last word', async () => {
  await ask()
  await thumb('Helpful').click()
  await until(() => pressed()).toEqual(['true', 'false'])
  await scene.page.reload()
  await until(() => pressed()).toEqual(['true', 'false'])
  const other = await scene.context.newPage()
  await other.goto(scene.host.origin)
  await other.locator('.launcher').click()
  await until(() => pressed(other)).toEqual(['true', 'false'])
  await thumb('Not helpful', other).click()
  await until(() => pressed()).toEqual(['false', 'true'])
})

test('a rating that is not kept is taken back, with a word', async () => {
  await ask()
  await thumb('Helpful').waitFor()
  scene.standIn.refusals = [{ status: 429, error: 'rate_limited' }]
  await thumb('Helpful').click()
  await until(() => scene.page.locator('.rating').innerText()).toBe('That was not saved. Please try again.')
  await until(() => pressed()).toEqual(['false', 'false'])
  await thumb('Helpful').click()
  await until(() => scene.page.locator('.rating').innerText()).toBe('')
  await until(() => pressed()).toEqual(['true', 'false'])
})

test('only a finished answer is rated', async () => {
  scene.standIn.steps = ['One ', 'pause']
  await ask()
  await until(() => scene.page.locator('.text').innerText()).toBe('One')
  expect(await scene.page.locator('.rating').count()).toBe(0)
  await scene.page.getByRole('button', { name: 'Stop' }).click()
  await scene.page.locator('.note').waitFor()
  expect(await scene.page.locator('.rating').count()).toBe(0)
})

test('a source is quoted without the signs of Markdown', async () => {
  const quote = '1. **Refunds** take [five](https://x.test/a) `days` [2]\n| card | *bank* |'
  const citation = { index: 1, title: 'T', url: null, quote }
  scene.standIn.steps = ['Five [1].', { event: { event: 'citations', data: { citations: [citation] } } }]
  await ask()
  await until(() => scene.page.locator('q').textContent()).toBe('Refunds take five days [2] card · bank')
})

test.each([
  ['', 'de-AT', 'de-AT,de'],
  ['fr', 'en-GB', 'fr,en-GB,en'],
])('with page %j and browser %s the config is asked for in %s', async (lang, locale, asked) => {
  await scene.visit({ locale })
  const addresses: string[] = []
  scene.page.on('request', (request) => addresses.push(request.url()))
  scene.standIn.config.behavior.locale = null
  scene.host.language = lang
  await scene.page.addInitScript((tag) => {
    const list = tag === 'de-AT' ? ['de-AT', 'de'] : ['en-GB', 'en']
    Object.defineProperty(navigator, 'languages', { get: () => list })
  }, locale)
  await scene.page.goto(scene.host.origin)
  await scene.page.locator('.launcher').click()
  const config = addresses.map((one) => new URL(one)).find(({ pathname }) => pathname === '/api/widget/config/')
  expect(config?.searchParams.get('lang')).toBe(asked)
  expect(await scene.page.locator('.panel').getAttribute('lang')).toBe(asked.slice(0, 2))
})

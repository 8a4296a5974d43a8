/** What a visitor sees and reaches: small screens, forced colours, other directions, and the keyboard. */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { openWidgetScene, until } from './widget-scene.ts'
import { citations } from './widget-stand-in.ts'

const scene = openWidgetScene()
const inPanel = (selector: string) => scene.page.locator('.panel').locator(selector)
const cited = { event: { event: 'citations', data: { citations } } } as const
const long = Array.from({ length: 30 }, (_, i) => `Paragraph ${i}.\n\n`)

const isCovered = () => scene.page.evaluate(() => document.body.inert)

/** Whether it stands in the visible part of the transcript. */
const isInView = (selector: string) =>
  inPanel(selector)
    .last()
    .evaluate((one) => {
      const view = one.closest('.scroller')?.getBoundingClientRect()
      const { top, bottom } = one.getBoundingClientRect()
      return Boolean(view && top >= view.top && bottom <= view.bottom)
    })

test.each([
  [390, 330],
  [320, 256],
])('at %i × %i the first question is brought into view, then its answer', async (width, height) => {
  await scene.visit({ viewport: { width, height }, hasTouch: true, isMobile: true })
  scene.standIn.steps = ['pause', 'Five ', 'days.', ...long]
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  await scene.page.route('**/later-*.js', (route) => held.then(() => route.continue()))
  await scene.open()
  await scene.ask('How long?')
  await until(() => scene.standIn.asked().length).toBe(1)
  await until(() => isInView('.stage')).toBe(true)
  scene.standIn.release()
  await until(() => inPanel('.text').innerText()).toContain('Five days.')
  goOn()
  await inPanel('.rating').waitFor()
  await until(() => isInView('.text p:first-child')).toBe(true)
})

test('“Go to the end” keeps following an answer that is being written, and keeps the focus', async () => {
  scene.standIn.steps = [...long, 'pause', ...long, 'The end.']
  await scene.open()
  await scene.ask('Tell me')
  await inPanel('.latest').focus()
  await scene.page.keyboard.press('Enter')
  await until(() => isInView('.text > :last-child')).toBe(true)
  expect(await inPanel('.scroller:focus').count()).toBe(1)
  scene.standIn.release()
  await until(() => inPanel('.text').innerText()).toContain('The end.')
  await until(() => isInView('.text > :last-child')).toBe(true)
})

test('where the panel covers the page, Tab stays in it; closed, the page is free again', async () => {
  await scene.visit({ viewport: { width: 640, height: 400 } })
  scene.host.body = '<a href="/a">Behind</a>'
  await scene.open()
  expect(await scene.page.getByRole('dialog').getAttribute('aria-modal')).toBe('true')
  const places = new Set<string | undefined>()
  for (let at = 0; at < 12; at++) {
    await scene.page.keyboard.press('Tab')
    places.add(await scene.page.evaluate(() => document.activeElement?.localName))
  }
  expect(places).not.toContain('a')
  await scene.page.setViewportSize({ width: 1100, height: 800 })
  await until(isCovered).toBe(false)
  await scene.page.setViewportSize({ width: 640, height: 400 })
  await until(isCovered).toBe(true)
  await inPanel('textarea').focus()
  await scene.page.keyboard.press('Escape')
  expect(await isCovered()).toBe(false)
  await scene.page.getByRole('link', { name: 'Behind' }).focus()
  expect(await scene.page.evaluate(() => document.activeElement?.localName)).toBe('a')
})

test('in forced colours the launcher has an edge and its bubble', async () => {
  await scene.visit({ forcedColors: 'active' })
  await scene.page.goto(scene.host.origin)
  const launcher = scene.page.locator('.launcher')
  expect(await launcher.evaluate((one) => getComputedStyle(one).borderTopStyle)).toBe('solid')
  const { x, y } = (await launcher.boundingBox()) ?? { x: 0, y: 0 }
  await until(async () => {
    const inside = await scene.page.screenshot({ clip: { x: x + 12, y: y + 12, width: 32, height: 32 } })
    const [red] = (await sharp(inside).stats()).channels
    return [red && red.min < 60, red && red.max > 200]
  }).toEqual([true, true])
})

test('what is no link does not look like one', async () => {
  scene.standIn.steps = ['[here](https://shop.example.com/help) [there](https://foreign.test/) [1]', cited]
  await scene.open()
  await scene.ask('?')
  await inPanel('.sources').waitFor()
  const looks = inPanel('.text p').evaluate((text) =>
    [...text.querySelectorAll('a')].map((one) => getComputedStyle(one).color === getComputedStyle(text).color),
  )
  expect(await looks).toEqual([false, true])
})

test('from right to left the empty field and the places of sources begin at the right', async () => {
  scene.host.language = 'ar'
  scene.standIn.config.behavior = { ...scene.standIn.config.behavior, locale: 'ar' }
  scene.standIn.steps = ['نعم [1]', cited]
  await scene.open()
  const direction = () => inPanel('textarea').evaluate((one) => getComputedStyle(one).direction)
  expect(await direction()).toBe('rtl')
  await inPanel('textarea').fill('How long?')
  expect(await direction()).toBe('ltr')
  await scene.page.keyboard.press('Enter')
  const host = inPanel('.host').first()
  await host.waitFor()
  expect(await host.evaluate((one) => getComputedStyle(one).direction)).toBe('rtl')
})

test('blocks are read aloud with a pause between them, and why an answer ends with it', async () => {
  scene.standIn.steps = ['## Steps\n\n- Open Orders\n- Choose one\n\nThen wait.', 'pause', ' And', 'pause']
  await scene.open()
  await scene.ask('How?')
  const status = scene.page.getByRole('status')
  await until(() => status.textContent()).toContain('Steps. Open Orders. Choose one. Then wait.')
  scene.standIn.release()
  await until(() => inPanel('.text').innerText()).toContain('And')
  await scene.page.getByRole('button', { name: 'Stop' }).click()
  await until(() => status.textContent()).toBe('And You stopped this answer.')
})

test('the blocks of an item stand apart, and a number takes the finger beside it', async () => {
  scene.standIn.steps = ['- One [1]\n\n  Two\n  ```\n  code\n  ```\n- Three', cited]
  await scene.open()
  await scene.ask('?')
  await inPanel('.sources').waitFor()
  const margins = await inPanel('li:first-child > *').evaluateAll((all) =>
    all.map((one) => Number.parseFloat(getComputedStyle(one).marginTop) > 0),
  )
  expect(margins.slice(0, 3)).toEqual([false, true, true])
  const { x, y, width, height } = (await inPanel('.text .cite').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  expect([width, height]).toEqual([20, 20])
  await scene.page.mouse.click(x + 10, y - 3)
  expect(await inPanel('.sources a:focus').count()).toBe(1)
})

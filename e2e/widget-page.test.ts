import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeEach, expect, test } from 'vitest'
import { openWidgetScene, until } from './widget-scene.ts'
import { citations } from './widget-stand-in.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rich = [
  '**Refunds** take [1]:\n\n',
  '1. `five` days\n2. [more](https://example.com)\n\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n',
  '```js\nlet a = 1\n```\n\n> so it is\n',
]

const scene = openWidgetScene()
beforeEach(() => {
  scene.standIn.steps = [...rich, { event: { event: 'citations', data: { citations } } }]
})

async function open() {
  await scene.open()
  await settle()
}

/** Places and colours are judged as they stand, not as they fade in. */
async function settle() {
  await scene.page.locator('.panel').evaluate(async (panel) => {
    const fading = panel
      .getAnimations({ subtree: true })
      .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
    await Promise.all(fading.map((animation) => animation.finished))
  })
}

async function ask(question: string) {
  await scene.ask(question)
  await scene.page.locator('.sources').waitFor()
}

test('a page with a strict policy and Trusted Types has no violation', async () => {
  const origin = scene.standIn.origin
  scene.host.csp = `default-src 'none'; script-src ${origin}; connect-src ${origin}; require-trusted-types-for 'script'; trusted-types 'none'`
  await scene.page.addInitScript(() => {
    Reflect.set(window, 'violations', [])
    document.addEventListener('securitypolicyviolation', (event) => {
      Reflect.get(window, 'violations').push(`${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  await open()
  await ask('How long?')
  await scene.page.getByRole('button', { name: 'Source 1' }).click()
  expect(await scene.page.evaluate(() => Reflect.get(window, 'violations'))).toEqual([])
  expect(await scene.page.locator('.panel').evaluate((panel) => getComputedStyle(panel).position)).toBe('fixed')
})

test.each(['light', 'dark'] as const)('axe finds nothing in the open panel with an answer, %s', async (mode) => {
  scene.standIn.config.theme.mode = mode
  await open()
  for (const state of ['empty', 'answered', 'failed']) {
    if (state === 'failed') scene.standIn.refusals = [{ status: 429, error: 'rate_limited', retryAfter: 30 }]
    if (state === 'answered') await ask('How long?')
    if (state === 'failed') {
      await scene.page.getByRole('textbox').fill('Again?')
      await scene.page.keyboard.press('Enter')
      await scene.page.locator('.failure').waitFor()
    }
    await settle()
    await scene.page.evaluate(axe)
    const violations = await scene.page.evaluate(async () => {
      const results = await Reflect.get(window, 'axe').run(document, { resultTypes: ['violations'] })
      return results.violations.map((one: { id: string; nodes: { html: string; failureSummary: string }[] }) => [
        one.id,
        one.nodes.map((node) => `${node.html} ${node.failureSummary}`),
      ])
    })
    expect({ state, violations }).toEqual({ state, violations: [] })
  }
})

test('nothing moves: no layout shift while it boots, opens and answers', async () => {
  await scene.page.addInitScript(() => {
    Reflect.set(window, 'shifts', [])
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) Reflect.get(window, 'shifts').push(Reflect.get(entry, 'value'))
    }).observe({ type: 'layout-shift', buffered: true })
  })
  scene.standIn.steps = rich.flatMap((text) => [text.slice(0, 9), 'pause' as const, text.slice(9)])
  scene.standIn.steps.push({ event: { event: 'citations', data: { citations } } })
  await open()
  await scene.page.getByRole('textbox').fill('How long?')
  await scene.page.keyboard.press('Enter')
  await scene.page.locator('.text strong').waitFor()
  for (const next of ['.text ol', '.text table', '.text pre', '.sources']) {
    scene.standIn.release()
    await scene.page.locator(next).waitFor()
  }
  expect(await scene.page.evaluate(() => Reflect.get(window, 'shifts'))).toEqual([])
})

test('nothing is stored, and no third party is asked, before the first question', async () => {
  const origins = new Set<string>()
  scene.page.on('request', (request) => origins.add(new URL(request.url()).origin))
  await open()
  const stored = () => scene.page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])
  expect(await stored()).toEqual([0, 0, ''])
  await scene.page.getByRole('button', { name: 'Close chat' }).first().click()
  expect(await stored()).toEqual([0, 0, ''])
  expect([...origins].sort()).toEqual([scene.host.origin, scene.standIn.origin].sort())
  await scene.page.locator('.launcher').click()
  await ask('How long?')
  expect(await stored()).toEqual([1, 1, ''])
})

test('the keyboard alone opens, asks, reads a source, begins anew and closes', async () => {
  await scene.page.goto(scene.host.origin)
  await scene.page.locator('.launcher').waitFor()
  await scene.page.keyboard.press('Tab')
  await scene.page.keyboard.press('Enter')
  await until(() => scene.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName)).toBe(
    'TEXTAREA',
  )
  await scene.page.keyboard.type('How long?')
  await scene.page.keyboard.press('Enter')
  await scene.page.locator('.sources').waitFor()
  await scene.page.getByRole('button', { name: 'Source 1' }).focus()
  await scene.page.keyboard.press('Enter')
  expect(await scene.page.locator('a:focus').innerText()).toContain('Refund policy')
  await scene.page.keyboard.press('Tab')
  expect(
    await scene.page
      .locator(':focus-visible')
      .last()
      .evaluate((one) => getComputedStyle(one).outlineStyle),
  ).toBe('solid')
  await scene.page.getByRole('button', { name: 'New conversation' }).focus()
  expect(await scene.page.locator('header :focus').evaluate((one) => getComputedStyle(one).outlineStyle)).toBe('solid')
  await scene.page.keyboard.press('Enter')
  await until(() => scene.page.locator('.turn').count()).toBe(0)
  await scene.page.keyboard.press('Escape')
  expect(await scene.page.locator('.panel').isVisible()).toBe(false)
  expect(await scene.page.locator('.launcher:focus').count()).toBe(1)
})

test('whole sentences are read aloud, and no numbers of sources', async () => {
  scene.standIn.steps = [
    'Refunds take five days [1]. They go',
    'pause',
    ' to your card.',
    { event: { event: 'citations', data: { citations } } },
  ]
  await open()
  await scene.page.getByRole('textbox').fill('How long?')
  await scene.page.keyboard.press('Enter')
  const status = scene.page.getByRole('status')
  await until(() => status.textContent()).toBe('Refunds take five days .')
  scene.standIn.release()
  await until(() => status.textContent()).toBe('They go to your card.')
})

test.each([
  [360, 640],
  [320, 256],
])('at %i × %i the panel fills the screen and nothing hangs over', async (width, height) => {
  await scene.visit({ viewport: { width, height }, hasTouch: true, isMobile: true })
  await open()
  await ask('How long?')
  const box = await scene.page.locator('.panel').boundingBox()
  expect(box).toEqual({ x: 0, y: 0, width, height })
  const input = await scene.page.getByRole('textbox').boundingBox()
  expect((input?.y ?? 0) + (input?.height ?? 0)).toBeLessThanOrEqual(height)
  expect(await scene.page.locator('.scroller').evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
  for (const button of await scene.page.locator('header button, .send').all()) {
    expect(await button.boundingBox()).toMatchObject({ width: 44, height: 44 })
  }
})

test('the page cannot bend the widget, whatever its style sheet says', async () => {
  scene.host.head = `<style>* { display: none !important; color: red !important; font-size: 40px !important; opacity: 0 }
    html, head, body, main { display: block !important } body { transform: rotate(3deg); overflow: hidden }
    mevichat-widget { position: static !important; width: 500px !important; opacity: 0 !important; visibility: hidden }</style>`
  await open()
  const style = await scene.page.locator('.panel').evaluate((one) => {
    const { display, fontSize, position } = getComputedStyle(one)
    return { display, fontSize, position, opacity: getComputedStyle((one.getRootNode() as ShadowRoot).host).opacity }
  })
  expect(style).toEqual({ display: 'flex', fontSize: '15px', position: 'fixed', opacity: '1' })
  const box = await scene.page.locator('.launcher').boundingBox()
  expect(Math.round((box?.x ?? 0) + (box?.width ?? 0))).toBeGreaterThan(1_070)
})

test('the page may open, ask, identify and listen', async () => {
  await scene.page.goto(scene.host.origin)
  await scene.page.waitForFunction(() => window.Mevichat)
  const heard = scene.page.evaluate(
    () =>
      new Promise((resolve) => {
        const events: unknown[] = []
        const widget = window.Mevichat
        for (const name of ['open', 'question', 'answer'] as const) {
          widget?.on(name, (detail) => {
            events.push([name, detail && 'text' in detail ? detail.text : null])
            if (name === 'answer') resolve(events)
          })
        }
        widget?.identify({ visitorId: 'u-1', metadata: { plan: 'pro' } })
        widget?.ask('How long?')
      }),
  )
  expect(await heard).toEqual([
    ['open', null],
    ['question', 'How long?'],
    ['answer', rich.join('')],
  ])
  expect(scene.standIn.asked()[0]?.body).toMatchObject({ visitor_id: 'u-1', visitor_metadata: { plan: 'pro' } })
})

test('the owner chooses language, words, side and accent; text on it stays readable', async () => {
  scene.standIn.config.behavior = {
    ...scene.standIn.config.behavior,
    locale: 'de',
    words: { placeholder: 'Frag Nordwind' },
  }
  scene.standIn.config.theme = { accent: '#ffee88', mode: 'light', position: 'left' }
  await open()
  expect(await scene.page.getByRole('textbox').getAttribute('placeholder')).toBe('Frag Nordwind')
  expect(await scene.page.locator('.notice').innerText()).toBe('Antworten schreibt eine KI, sie können falsch sein.')
  expect((await scene.page.locator('.panel').boundingBox())?.x).toBe(20)
  const colours = await scene.page
    .locator('.launcher')
    .evaluate((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color])
  expect(colours).toEqual(['rgb(255, 238, 136)', 'rgb(0, 0, 0)'])
})

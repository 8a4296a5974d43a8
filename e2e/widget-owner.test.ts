/** What the page’s owner says to the widget, and is told by it. */
import { expect, test } from 'vitest'
import { openWidgetScene, until } from './widget-scene.ts'

const scene = openWidgetScene()

test('a refusal of the chat is told to the owner in the console, in the words of a refused key', async () => {
  scene.standIn.refusals = [{ status: 403, error: 'origin_not_allowed' }]
  await scene.open()
  await scene.ask('?')
  await until(() => scene.warnings).toEqual([
    `Mevichat: the key does not allow ${scene.host.origin}; add this domain to it.`,
  ])
})

test.each([
  ['visitor_id', 'invalid_visitor_id'],
  ['visitor_metadata', 'invalid_visitor_metadata'],
])('a wrong %s costs the visitor no answer; the owner is told once', async (field, error) => {
  scene.host.attributes = `data-visitor-id="${'x'.repeat(300)}" data-metadata='["x"]'`
  scene.standIn.refuses = (body) => (field in body ? { status: 400, error } : null)
  scene.standIn.steps = ['Yes.']
  await scene.open()
  await scene.ask('One?')
  await scene.says('Yes.')
  await scene.ask('Two?')
  await until(() => scene.page.locator('.text').count()).toBe(2)
  await scene.says('Yes.')
  expect(scene.standIn.asked().map(({ body }) => field in body)).toEqual([true, false, false])
  expect(scene.warnings).toEqual([`Mevichat: ${error}`])
})

test('identify takes a number, and says what it cannot take', async () => {
  scene.standIn.steps = ['Yes.']
  await scene.open()
  await scene.page.evaluate(() => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    window.Mevichat?.identify({ visitorId: 42 as unknown as string, metadata: { plan: 'pro' } })
    window.Mevichat?.identify({ visitorId: 'u-1', metadata: circle })
  })
  await scene.ask('?')
  await scene.says('Yes.')
  expect(scene.standIn.asked()).toHaveLength(1)
  expect(scene.standIn.asked()[0]?.body).toMatchObject({ visitor_id: '42', visitor_metadata: { plan: 'pro' } })
  expect(scene.warnings).toEqual([
    expect.stringMatching(/^Mevichat: identify takes what can be written as JSON\. TypeError/),
  ])
})

test('a tag without a key is told apart from a wrong key', async () => {
  scene.host.publicKey = ''
  await scene.page.goto(scene.host.origin)
  await until(() => scene.warnings).toEqual(['Mevichat: data-public-key is missing.'])
})

test('a picture that cannot be loaded gives way to the initial', async () => {
  scene.standIn.config.bot.avatar_url = `${scene.standIn.origin}/api/no-such-picture`
  await scene.open()
  await until(() => scene.page.locator('.avatar').innerText()).toBe('N')
})

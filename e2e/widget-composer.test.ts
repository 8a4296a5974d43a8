import { expect, test } from 'vitest'
import { openWidgetScene } from './widget-scene.ts'

const scene = openWidgetScene()
const input = () => scene.page.getByRole('textbox')

test('Shift+Enter makes a line, Enter sends, Enter in an IME composition does not', async () => {
  scene.standIn.steps = ['Read.']
  await scene.open()
  await input().fill('one')
  await scene.page.keyboard.press('Shift+Enter')
  await scene.page.keyboard.type('two')
  await input().dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })
  expect(scene.standIn.asked()).toHaveLength(0)
  await scene.page.keyboard.press('Enter')
  await scene.says('Read.')
  expect(scene.standIn.asked()[0]?.body.message).toBe('one\ntwo')
})

test('4,000 code points pass, 4,001 cannot be sent', async () => {
  await scene.open()
  await input().fill('😀'.repeat(4_001))
  expect(await scene.page.locator('.counter').innerText()).toBe('1 over the limit')
  expect(await scene.page.getByRole('status').textContent()).toBe('1 over the limit')
  expect(await scene.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
  await input().fill('😀'.repeat(4_000))
  expect(await scene.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(false)
})

test.each([
  ['nothing', ''],
  ['blanks', ' \n'],
  ['a space without width', '\u200b'],
  ['a blank of Braille', '\u2800'],
  ['4,001 characters', 'a'.repeat(4_001)],
])('%s cannot be asked, by the page neither', async (_, text) => {
  await scene.open()
  await input().fill(text)
  await scene.page.keyboard.press('Enter')
  await scene.page.evaluate((question) => window.Mevichat?.ask(question), text)
  await scene.page.evaluate(() => new Promise(requestAnimationFrame))
  expect(await scene.page.locator('.turn').count()).toBe(0)
  expect(scene.standIn.asked()).toEqual([])
})

test('stopped by keyboard it takes the focus, so that Esc still closes', async () => {
  scene.standIn.steps = ['One ', 'pause']
  await scene.open()
  await scene.ask('Count')
  await scene.says('One')
  await scene.page.keyboard.press('Tab')
  await scene.page.keyboard.press('Enter')
  await scene.page.locator('.note').waitFor()
  expect(await scene.page.locator('textarea:focus').count()).toBe(1)
  await scene.page.keyboard.press('Escape')
  expect(await scene.page.getByRole('dialog').isVisible()).toBe(false)
})

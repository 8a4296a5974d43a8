import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from '../server/src/config.ts'

/** What the image says itself. */
const ofTheImage = ['PORT', 'HOST', 'MEVICHAT_DATA_DIR']
const compose = readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8')

test('compose.yaml › passes every setting on', () => {
  const passed = [...compose.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name]) => name)
  const wanted = Object.keys(settings).filter((name) => !ofTheImage.includes(name))
  expect(wanted.filter((name) => !passed.includes(name))).toEqual([])
})

test('compose.yaml › web and worker share one data directory', () => {
  const [shared = ''] = /^x-mevichat:[\s\S]+?(?=^services:)/m.exec(compose) ?? []
  expect(shared).toContain('volumes: ["data:/data"]')
})

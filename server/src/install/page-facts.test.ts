import { describe, expect, it } from 'vitest'
import { obstaclesIn } from './content-policy.ts'
import { readPageFacts } from './page-facts.ts'
import { lookOf } from './site-look.ts'

const look = (html: string, url = 'https://www.example-shop.com/') => lookOf(readPageFacts(html), url)

describe('lookOf', () => {
  it('takes name, language and colour from what the page says of its site', () => {
    const html = `<!doctype html><html lang="de-at"><head><title>Start</title><meta property="og:site_name" content="Bäckerei Huber">
      <meta name="description" content="Brot."><meta name="theme-color" content="#B45309"></head>`
    expect(look(html)).toMatchObject({
      name: 'Bäckerei Huber',
      language: 'de-AT',
      accent: '#b45309',
      description: 'Brot.',
    })
  })

  it.each([
    ['Returns & Refunds – Example Shop', 'Example Shop'],
    ['Example Shop | Home of fine things', 'Example Shop'],
    ['Welcome to our place - ES', 'ES'],
    ['', 'example-shop.com'],
  ])('finds in the title "%s" the name %s', (title, name) => {
    expect(look(`<title>${title}</title>`).name).toBe(name)
  })

  it.each(['#fff', '#000000', '#777', 'red', 'url(x)', ''])('takes "%s" for no colour', (color) => {
    expect(look(`<meta name="theme-color" content="${color}">`).accent).toBeNull()
  })

  it('takes an invalid language for none', () => {
    expect(look('<html lang="not a language">').language).toBeNull()
  })

  it('reads a page of a hundred thousand tags in one pass', () => {
    const html = `<html lang="en">${'<div>'.repeat(100_000)}<script src="/widget.js"></script>`
    expect(readPageFacts(html).scripts).toHaveLength(1)
  })
})

describe('obstaclesIn', () => {
  const needs = { serverOrigin: 'https://chat.example.com', pageOrigin: 'https://shop.test', nonce: null }
  it.each([
    ["default-src 'self'", ['script-src', 'connect-src']],
    ["script-src 'self' https://chat.example.com", []],
    ["script-src https://*.example.com; connect-src 'self'", ['connect-src']],
    ["default-src 'none'; script-src chat.example.com; connect-src https:", []],
    ["script-src 'nonce-abc' 'strict-dynamic' https://chat.example.com", ['script-src']],
    ['script-src *; connect-src wss:', ['connect-src']],
    ['script-src https://chat.example.com:8443', ['script-src']],
    ["img-src 'none'; frame-ancestors 'none'", []],
    ["script-src 'self', script-src https://chat.example.com", ['script-src']],
  ])('of "%s" are %j', (policy, directives) => {
    expect(obstaclesIn([policy], needs).map(({ directive }) => directive)).toEqual(directives)
  })

  it('are none where the tag has the nonce of the policy', () => {
    expect(obstaclesIn(["script-src 'nonce-abc' 'strict-dynamic'"], { ...needs, nonce: 'abc' })).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { parseRobots } from './robots.ts'

const isAllowed = (text: string, path: string) => parseRobots(text).isAllowed(`https://example.com${path}`)

describe('parseRobots', () => {
  test.each([
    ['no file at all', '', '/a', true],
    ['a page of HTML', '<!doctype html><p>Disallow: /</p>', '/a', true],
    ['everybody kept out', 'User-agent: *\nDisallow: /', '/a', false],
    ['nobody kept out', 'User-agent: *\nDisallow:', '/a', true],
    ['others kept out', 'User-agent: Googlebot\nDisallow: /', '/a', true],
    ['we alone kept out', 'User-agent: *\nAllow: /\n\nuser-agent: MeviChat/1.0\ndisallow: /', '/a', false],
    ['we alone let in', 'User-agent: *\nDisallow: /\n\nUser-agent: Mevichat\nDisallow: /private', '/a', true],
    ['a group for several', 'User-agent: a\nUser-agent: mevichat\nDisallow: /', '/a', false],
    ['two groups for us', 'User-agent: mevichat\nDisallow: /b\n\nUser-agent: mevichat\nDisallow: /a', '/a', false],
    ['a rule before any group', 'Disallow: /\nUser-agent: *\nAllow: /', '/a', true],
    ['the longer rule', 'User-agent: *\nDisallow: /\nAllow: /docs/', '/docs/x', true],
    ['as long a rule that allows', 'User-agent: *\nDisallow: /docs\nAllow: /docs', '/docs', true],
    ['a star', 'User-agent: *\nDisallow: /*.pdf$', '/files/a.pdf', false],
    ['an end', 'User-agent: *\nDisallow: /*.pdf$', '/files/a.pdf?x', true],
    ['a query', 'User-agent: *\nDisallow: /*?print=', '/a?print=1', false],
    ['an encoded path', 'User-agent: *\nDisallow: /caf%C3%A9', '/café', false],
    ['a path that is not', 'User-agent: *\nDisallow: /café', '/caf%c3%a9', false],
    ['a comment', 'User-agent: * # all\nDisallow: /a # but', '/a', false],
    ['carriage returns', 'User-agent: *\rDisallow: /a\rAllow: /b', '/a', false],
  ])('%s', (_name, text, path, expected) => {
    expect(isAllowed(text, path)).toBe(expected)
  })

  test.each([
    ['User-agent: *\nCrawl-delay: 2', 2_000],
    ['User-agent: *\nCrawl-delay: 0.5', 500],
    ['User-agent: *\nCrawl-delay: 3600', 10_000],
    ['User-agent: *\nCrawl-delay: soon', 0],
    ['User-agent: bingbot\nCrawl-delay: 5', 0],
  ])('%j › a delay of %i ms', (text, delayMs) => {
    expect(parseRobots(text).delayMs).toBe(delayMs)
  })

  test('sitemaps stand outside of groups, and end none', () => {
    const text = 'User-agent: *\nSitemap: https://example.com/a.xml\nDisallow: /a\nsitemap:/b.xml'
    expect(parseRobots(text).sitemaps).toEqual(['https://example.com/a.xml', '/b.xml'])
    expect(isAllowed(text, '/a')).toBe(false)
  })

  test('half a megabyte of rules and stars costs no more than its length', () => {
    const robots = parseRobots(`User-agent: *\n${`Disallow: /${'*a'.repeat(100)}b\n`.repeat(2_500)}`)
    for (let n = 0; n < 20; n++) expect(robots.isAllowed(`https://example.com/${'a'.repeat(1_900)}`)).toBe(true)
  })
})

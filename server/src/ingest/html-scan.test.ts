import { describe, expect, test } from 'vitest'
import { scanPage } from './html-scan.ts'

function scan(html: string, robotsTag: string | null = null, contentType = 'text/html') {
  return scanPage({ url: 'https://example.com/docs/a', contentType, charset: null, body: Buffer.from(html) }, robotsTag)
}

describe('scanPage › links', () => {
  test.each([
    ['relative to the page', '<a href="b">b</a>', ['https://example.com/docs/b']],
    ['relative to its base', '<base href="/en/"><a href="b">b</a>', ['https://example.com/en/b']],
    ['the first base alone', '<base href="/en/"><base href="/de/"><a href="b">b</a>', ['https://example.com/en/b']],
    ['a base on another site', '<base href="http://10.0.0.1/"><a href="b">b</a>', []],
    ['of an area', '<map><area href="/b"></map>', ['https://example.com/b']],
    ['with and without www', '<a href="//www.example.com/b">b</a>', ['https://www.example.com/b']],
    ['once each', '<a href="/b#x">b</a><a href="/b?utm_source=y">b</a>', ['https://example.com/b']],
    ['to other sites', '<a href="https://evil.example/">x</a><a href="mailto:a@b.c">y</a>', []],
    ['not to be followed', '<a rel="external nofollow" href="/b">b</a>', []],
    ['of a page that forbids it', '<meta name="robots" content="NOFOLLOW"><a href="/b">b</a>', []],
    ['without an address', '<a>b</a><a href="">c</a><a href="http://[">d</a>', []],
  ])('%s', (_name, html, links) => {
    expect(scan(html).links).toEqual(links)
  })

  test('5,000 at most', () => {
    const many = Array.from({ length: 20_000 }, (_, n) => `<a href="/${n}">${n}</a>`).join('')
    expect(scan(many).links).toHaveLength(5_000)
  })
})

describe('scanPage › whether it may be indexed', () => {
  test.each([
    ['<p>text</p>', null, false],
    ['<meta name="robots" content="noindex, follow">', null, true],
    ['<meta name="Mevichat" content="none">', null, true],
    ['<meta name="googlebot" content="noindex">', null, false],
    ['', 'noindex', true],
    ['', 'NoArchive, NOINDEX', true],
    ['', 'googlebot: noindex', false],
    ['', 'mevichat: noindex, nofollow', true],
    ['', 'googlebot: nofollow, mevichat: noindex', true],
    ['', 'unavailable_after: 25 Jun 2030 15:00:00 PST, noindex', true],
  ])('%s with %s › %s', (html, robotsTag, isNoIndex) => {
    expect(scan(html, robotsTag).isNoIndex).toBe(isNoIndex)
  })

  test('a PDF is kept out by its header', () => {
    expect(scan('%PDF-1.7', 'noindex', 'application/pdf').isNoIndex).toBe(true)
  })
})

describe('scanPage › what else it says', () => {
  test.each([
    ['<link rel="canonical" href="/docs/b">', 'https://example.com/docs/b'],
    ['<link rel="canonical" href="http://169.254.169.254/latest">', null],
    ['<p></p>', null],
  ])('%s › canonical %s', (html, canonical) => {
    expect(scan(html).canonical).toBe(canonical)
  })

  test('a field for a password', () => {
    expect(scan('<form><input type="Password"></form>').hasPassword).toBe(true)
    expect(scan('<form><input type="search"></form>').hasPassword).toBe(false)
  })
})

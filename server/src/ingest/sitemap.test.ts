import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ReadProblem } from './read-problem.ts'
import { readSitemap } from './sitemap.ts'

const site = 'https://www.example.com/'
const xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
const urlset = (...entries: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><urlset ${xmlns}>${entries.join('')}</urlset>`
const url = (loc: string, more = '') => `<url><loc>${loc}</loc>${more}</url>`
const read = (xml: string | Buffer) => readSitemap(Buffer.from(xml), site)
const addresses = async (xml: string | Buffer) => (await read(xml)).entries.map(({ address }) => address)

describe('readSitemap', () => {
  test('pages with the time of their last change', async () => {
    const sitemap = await read(
      urlset(
        url('https://www.example.com/a', '<lastmod>2026-11-01T10:00:00+01:00</lastmod>'),
        url(' https://www.example.com/b&amp;c#d ', '<lastmod>2026-11-01</lastmod>'),
        url('<![CDATA[https://docs.example.com/c]]>', '<lastmod>yesterday</lastmod>'),
      ),
    )
    expect(sitemap).toEqual({
      kind: 'pages',
      entries: [
        { address: 'https://www.example.com/a', lastModified: Date.UTC(2026, 10, 1, 9) },
        { address: 'https://www.example.com/b&c', lastModified: Date.UTC(2026, 10, 2) },
        { address: 'https://docs.example.com/c', lastModified: null },
      ],
      foreign: 0,
      isCut: false,
    })
  })

  test('an index of further sitemaps', async () => {
    const xml = `<sitemapindex ${xmlns}><sitemap><loc>https://example.com/a.xml.gz</loc></sitemap></sitemapindex>`
    expect(await read(xml)).toMatchObject({ kind: 'sitemaps', entries: [{ address: 'https://example.com/a.xml.gz' }] })
  })

  test('prefixes, and the addresses of images beside those of pages', async () => {
    const image = '<image:image><image:loc>https://www.example.com/i.png</image:loc></image:image>'
    expect(await addresses(urlset(url('https://www.example.com/a', image)))).toEqual(['https://www.example.com/a'])
    const xml = `<s:urlset xmlns:s="x"><s:url><s:loc>https://www.example.com/b</s:loc></s:url></s:urlset>`
    expect(await addresses(xml)).toEqual(['https://www.example.com/b'])
  })

  test.each([
    ['another domain', 'https://example.org/a'],
    ['a private address', 'http://10.0.0.1/'],
    ['metadata', 'http://169.254.169.254/latest/'],
    ['a domain that only ends so', 'https://evilexample.com/'],
    ['a file', 'file:///etc/passwd'],
    ['nothing', ''],
  ])('%s › left out and counted', async (_name, loc) => {
    expect(await read(urlset(url(loc), url('https://example.com/b')))).toMatchObject({
      entries: [{ address: 'https://example.com/b' }],
      foreign: 1,
    })
  })

  test('a host under which anybody may publish is no domain of its guests', async () => {
    const xml = urlset(url('https://other.github.io/'), url('https://own.github.io/a'))
    expect((await readSitemap(Buffer.from(xml), 'https://own.github.io/')).entries).toHaveLength(1)
  })

  test('packed with gzip; in UTF-16; in another charset', async () => {
    const xml = urlset(url('https://example.com/ä'))
    expect(await addresses(gzipSync(xml))).toEqual(['https://example.com/%C3%A4'])
    expect(await addresses(Buffer.from(`\ufeff${xml}`, 'utf16le'))).toEqual(['https://example.com/%C3%A4'])
    const latin = Buffer.from(xml.replace('UTF-8', 'ISO-8859-1'), 'latin1')
    expect(await addresses(latin)).toEqual(['https://example.com/%C3%A4'])
  })

  test('what stands before the place where it breaks', async () => {
    expect(await read(`${urlset(url('https://example.com/a')).slice(0, -9)}<url><loc>https://exa`)).toMatchObject({
      entries: [{ address: 'https://example.com/a' }],
      isCut: true,
    })
  })

  test('50,000 entries of a million', async () => {
    const xml = urlset(Array.from({ length: 1_000_000 }, (_, n) => url(`https://example.com/${n}`)).join(''))
    const { entries, isCut } = await read(xml)
    expect([entries.length, isCut]).toEqual([50_000, true])
  })

  test.each([
    ['nothing', ''],
    ['a page', '<!doctype html><html><body><p>Hello</body></html>'],
    ['a page without a doctype', '<html><head></head><body></body></html>'],
    ['a feed', '<rss><channel><item/></channel></rss>'],
    ['text', 'https://example.com/a'],
    [
      'entities that multiply',
      `<!DOCTYPE u [<!ENTITY a "${'a'.repeat(1_000)}"><!ENTITY b "&a;&a;">]>${urlset(url('&b;'))}`,
    ],
    ['an entity from outside', `<!DOCTYPE u [<!ENTITY a SYSTEM "file:///etc/passwd">]>${urlset(url('&a;'))}`],
    ['200,000 nested tags', `<urlset>${'<url>'.repeat(200_000)}`],
    ['half of a gzip file', gzipSync(urlset(url('https://example.com/a'))).subarray(0, 40)],
    ['a gzip bomb', gzipSync(Buffer.alloc(200_000_000, ' '))],
  ])('%s › not a sitemap', async (_name, xml) => {
    await expect(read(xml)).rejects.toThrow(ReadProblem)
  })

  test('a million character references are read as long as an address may be', async () => {
    expect(await read(urlset(url(`https://example.com/${'&#65;'.repeat(1_000_000)}`)))).toMatchObject({
      entries: [],
      foreign: 1,
    })
  })
})

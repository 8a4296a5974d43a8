import { describe, expect, it } from 'vitest'
import { understand } from './understand.ts'

describe('understand', () => {
  it.each([
    ['example.com', 'website', 'https://example.com/'],
    ['  https://www.example.com ', 'website', 'https://www.example.com/'],
    ['http://localhost:8080', 'website', 'http://localhost:8080/'],
    ['bücher.example', 'website', 'https://xn--bcher-kva.example/'],
    ['example.com/help', 'url', 'https://example.com/help'],
    ['example.com/?page=2', 'url', 'https://example.com/?page=2'],
    ['example.com/sitemap.xml', 'sitemap', 'https://example.com/sitemap.xml'],
    ['https://example.com/feeds/pages.xml.gz', 'sitemap', 'https://example.com/feeds/pages.xml.gz'],
  ])('%s is a %s', (entry, kind, url) => {
    expect(understand(entry)).toMatchObject({ kind, url })
  })

  it.each(['We are open from nine to five.', 'example.com is our shop', 'Hours', 'e.g. this', 'javascript:alert(1)'])(
    '"%s" is a text',
    (entry) => {
      expect(understand(entry)).toEqual({ kind: 'text', title: entry, content: entry })
    },
  )

  it('is titled by its first line, cut where that is long', () => {
    expect(understand('# Opening hours\nNine to five.')).toMatchObject({ title: 'Opening hours' })
    expect(understand('word '.repeat(50))).toMatchObject({ title: expect.stringMatching(/^.{60,79}…$/) })
  })

  it('is nothing where nothing stands', () => {
    expect(understand(' \n ')).toBeNull()
  })
})

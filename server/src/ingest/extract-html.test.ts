import { describe, expect, test } from 'vitest'
import type { Document } from './document.ts'
import { extractText } from './extract.ts'

function read(html: string | Uint8Array, of: Partial<Document> = {}) {
  const body = typeof html === 'string' ? Buffer.from(html) : html
  return extractText({
    url: 'https://shop.example/help/returns?utm=1',
    contentType: 'text/html',
    charset: null,
    ...of,
    body,
  })
}

const shop = (main: string) => `<!doctype html><html lang="de-CH"><head><meta charset="utf-8">
  <title>Returns | Example Shop</title><link rel="canonical" href="/help/returns"></head><body>
  <header><a href="/">Example Shop</a><nav><ul><li><a href="/">Home</a><li><a href="/shop">Shop</a><li><a href="/about">About us</a></ul></nav></header>
  <main><h1>Returns</h1><p>Goods can be returned within <strong>thirty days</strong> of delivery. See <a href="/how">how it works</a>.</p>${main}</main>
  <div class="cookie-banner"><p>We use cookies to improve your visit. <button>Accept</button></p></div>
  <footer><p>© 2026 Example Shop. All rights reserved. <a href="/imprint">Imprint</a></p></footer></body></html>`

describe('what a page says of itself', () => {
  test('title without the site’s name, language, canonical address', () => {
    expect(read(shop(''))).toMatchObject({
      title: 'Returns',
      language: 'de-CH',
      canonicalUrl: 'https://shop.example/help/returns',
    })
  })

  test('a page without any of it', () => {
    expect(read('<p>Only one paragraph.</p>')).toEqual({
      title: '',
      language: null,
      canonicalUrl: null,
      markdown: 'Only one paragraph.',
    })
  })
})

describe('main content as Markdown', () => {
  test('navigation, banner and footer go; links and emphasis become text', () => {
    const { markdown } = read(shop(''))
    expect(markdown).toContain('Goods can be returned within thirty days of delivery. See how it works.')
    for (const word of ['About us', 'cookies', 'All rights reserved', '](']) expect(markdown).not.toContain(word)
  })

  test('headings, nested lists, tables, code, quotes and line breaks of a short page are all kept', () => {
    const { markdown } = read(
      shop(`<h2>How to return</h2><ol><li>Print the label.</li><li>Pack the goods.<ul><li>Use the old box.</li></ul></li></ol>
        <h2>Fees</h2><table><tr><th>Country</th><th>Fee</th></tr><tr><td>Germany</td><td>free | fast</td></tr></table>
        <h3>For programs</h3><pre><code class="language-js">const a = 1\n\nreturns(a)</code></pre>
        <blockquote><p>Never had it easier.</p></blockquote><p>Write to <code>help@shop.example</code><br>or call 12345.</p>`),
    )
    expect(markdown).toBe(
      [
        '# Returns',
        'Goods can be returned within thirty days of delivery. See how it works.',
        '## How to return',
        '1. Print the label.\n2. Pack the goods.\n   - Use the old box.',
        '## Fees',
        '| Country | Fee |\n| --- | --- |\n| Germany | free \\| fast |',
        '### For programs',
        '```js\nconst a = 1\n\nreturns(a)\n```',
        '> Never had it easier.',
        'Write to `help@shop.example`\nor call 12345.',
      ].join('\n\n'),
    )
  })

  test('short answers under headings, as on a page of questions', () => {
    const { markdown } = read(`<title>FAQ</title><body><div class="header"><a href=/>Acme</a></div><div class="faq">
      <h2>Do you ship abroad?</h2><p>Yes.</p><h2>Can I pay by card?</h2><p>Visa and Mastercard.</p></div>
      <div class="footer">© Acme</div></body>`)
    expect(markdown).toBe('## Do you ship abroad?\n\nYes.\n\n## Can I pay by card?\n\nVisa and Mastercard.')
  })

  test('text that looks like a heading or a fence is not one', () => {
    expect(read('<p># of items: 3, counted by hand.</p><p>```</p>').markdown).toBe('\\# of items: 3, counted by hand.')
  })

  test('a page that needs JavaScript › needs_javascript', () => {
    const page =
      '<title>App</title><div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>'
    expect(() => read(page)).toThrow('JavaScript')
    expect(() => read('<title>App</title><body><div id="app">Loading…</div></body>')).toThrow('JavaScript')
  })
})

describe('character sets', () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))

  test.each([
    ['UTF-8, unsaid', Buffer.from('<p>Größe und Maß</p>'), null],
    ['by header', bytes('<p>Gr', [0xf6, 0xdf], 'e und Ma', [0xdf], '</p>'), 'iso-8859-1'],
    ['by meta', bytes('<meta charset="windows-1252"><p>Gr', [0xf6, 0xdf], 'e und Ma', [0xdf], '</p>'), null],
    [
      'by http-equiv',
      bytes(
        '<meta http-equiv=content-type content="text/html; charset=latin1"><p>Gr',
        [0xf6, 0xdf],
        'e und Ma',
        [0xdf],
        '</p>',
      ),
      null,
    ],
    ['Latin-1, unsaid', bytes('<p>Gr', [0xf6, 0xdf], 'e und Ma', [0xdf], '</p>'), null],
    [
      'a byte order mark before any other word',
      Buffer.from('\ufeff<meta charset=latin1><p>Größe und Maß</p>'),
      'latin1',
    ],
    ['UTF-16 by mark', Buffer.from('\ufeff<p>Größe und Maß</p>', 'utf16le'), null],
    ['a charset that does not exist', Buffer.from('<p>Größe und Maß</p>'), 'klingon-8'],
  ])('%s', (_name, body, charset) => {
    expect(read(body, { charset }).markdown).toBe('Größe und Maß')
  })
})

describe('plain text and Markdown', () => {
  test('Markdown › as it is, title from the front matter, else the first heading', () => {
    const markdown = '# First\n\nText with **bold**.\n\n```\n<!-- kept -->\n```'
    const given = `---\ntitle: 'Given'\nlang: en\ntags:\n  - a\n---\n\n${markdown}\n<!-- gone -->`
    expect(read(given, { contentType: 'text/markdown' })).toEqual({
      title: 'Given',
      language: 'en',
      canonicalUrl: null,
      markdown,
    })
    expect(read(markdown, { contentType: 'text/plain' }).title).toBe('First')
  })

  test('a file without a type is told by its name or its beginning', () => {
    const none = { contentType: null }
    expect(read('Plain.', { ...none, url: 'https://a.example/notes.md' }).markdown).toBe('Plain.')
    expect(read('<!DOCTYPE html><p>Page.</p>', { ...none, url: 'https://a.example/notes' }).markdown).toBe('Page.')
    expect(() => read('What is this?', { ...none, url: 'https://a.example/notes' })).toThrow('neither')
  })
})

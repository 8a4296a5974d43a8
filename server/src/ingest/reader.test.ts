import { afterAll, describe, expect, test } from 'vitest'
import type { Document } from './document.ts'
import { ReadProblem } from './read-problem.ts'
import { openReader } from './reader.ts'

const reader = openReader()
afterAll(() => reader[Symbol.asyncDispose]())

const html = (body: string | Buffer): Document => ({
  url: 'https://example.com/page',
  contentType: 'text/html',
  charset: null,
  body: Buffer.from(body),
})

const text = '<p>Goods can be returned within thirty days of delivery, no questions asked, at our cost.</p>'.repeat(5)

/** T17: pages on which extractors never end. */
const hostile: [string, () => string][] = [
  ['50,000 nested divs', () => `${'<div>'.repeat(50_000)}${text}`],
  ['20,000 unclosed b', () => `${text}${'<b>x'.repeat(20_000)}`],
  ['20,000 unclosed a', () => `${text}${'<a href="/x">y'.repeat(20_000)}`],
  ['5,000 nested tables', () => `${'<table><tr><td>cell '.repeat(5_000)}${text}`],
  ['5 MB of flat paragraphs', () => '<p>One of very many paragraphs, all alike.</p>'.repeat(110_000)],
  [
    'an element with 100,000 attributes',
    () => `<div ${Array.from({ length: 100_000 }, (_, n) => `a${n}="${n}"`).join(' ')}>${text}</div>`,
  ],
  ['broken JSON-LD', () => `<script type="application/ld+json">${'{"a":['.repeat(200_000)}</script>${text}`],
  ['a flood of entities', () => `<p>${'&amp;&notanentity;&#65;'.repeat(200_000)}</p>${text}`],
  ['300,000 closing tags that close nothing', () => `${'<i>'.repeat(10_000)}${'</b>'.repeat(300_000)}${text}`],
  ['10 MB of spaces in one class', () => `<div class="${' '.repeat(9_000_000)}">${text}</div>`],
]

describe('hostile pages › text or too_complex, and the next page is read', () => {
  test.each(hostile)('%s', { timeout: 180_000 }, async (_name, page) => {
    const outcome = await reader.extract(html(page())).catch((error: unknown) => error)
    if (outcome instanceof Error)
      expect(outcome).toMatchObject({ name: 'ReadProblem', code: expect.stringMatching(/^too_/) })
    else expect(outcome).toMatchObject({ markdown: expect.stringMatching(/\S/) })
    const next = await reader.extract(html(`<title>Next</title><main>${text}</main>`))
    expect(next.markdown).toContain('thirty days')
  })
})

describe('limits', () => {
  test('a page that takes more CPU time than allowed is given up, the one queued behind it is read', async () => {
    await using hurried = openReader({
      extractCpuMs: 1,
      fileCpuMs: 30_000,
      chunkCpuMs: 15_000,
      memoryMb: 384,
      idleMs: 1_000,
    })
    const slow = hurried.extract(html('<p>word</p>'.repeat(140_000)))
    const next = hurried.chunk('Text.')
    await expect(slow).rejects.toMatchObject({ code: 'too_complex' })
    expect(await next).toEqual([{ text: 'Text.', headings: [], tokens: 2, page: null }])
  })

  test('a page that takes more memory than allowed is given up', async () => {
    await using small = openReader({
      extractCpuMs: 60_000,
      fileCpuMs: 30_000,
      chunkCpuMs: 15_000,
      memoryMb: 24,
      idleMs: 1_000,
    })
    const page = Array.from({ length: 200_000 }, (_, n) => `<p class="c${n}">word ${n}</p>`).join('')
    await expect(small.extract(html(page))).rejects.toMatchObject({ code: 'too_complex' })
  })

  test('more than 300,000 nodes › too_complex', async () => {
    await expect(reader.extract(html('<i>x</i>'.repeat(200_000)))).rejects.toBeInstanceOf(ReadProblem)
  })

  test('what is no text › a reason', async () => {
    const read = (body: string, contentType: string | null) => reader.extract({ ...html(body), contentType })
    await expect(read('%PDF-1.7', 'application/pdf')).rejects.toMatchObject({ code: 'file_invalid' })
    await expect(read('\0\0\0', 'text/plain')).rejects.toMatchObject({ code: 'unsupported_type' })
    await expect(read('  ', 'text/plain')).rejects.toMatchObject({ code: 'no_text' })
    await expect(read('word '.repeat(500_000), 'text/plain')).rejects.toMatchObject({ code: 'too_long' })
  })
})

import { deflateSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { packedPdfOf, pdfOf, pdfOfObjects } from '../../testing/office-files.ts'
import type { Document } from './document.ts'
import { ReadProblem } from './read-problem.ts'
import { openReader, type ReaderLimits } from './reader.ts'

const limits: ReaderLimits = {
  extractCpuMs: 60_000,
  fileCpuMs: 5_000,
  chunkCpuMs: 15_000,
  memoryMb: 512,
  idleMs: 1_000,
}

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

/** T16 */
const line = 'Goods can be returned.'
const catalog = '<</Type/Catalog/Pages 2 0 R>>'
const font = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'
const content = `BT /F 12 Tf 72 700 Td (${line}) Tj ET`
const plain = pdfOf([[[12, 700, line]], [[12, 700, 'We pay for it.']]]).toString('latin1')

const pdf = (body: Buffer): Document => ({ url: null, contentType: 'application/pdf', charset: null, body })

function pdfThatDraws(drawing: string, others: string[]): Buffer {
  const resources = '/Resources<</Font<</F 4 0 R>>/XObject<</Next 6 0 R>>>>'
  const page = `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]${resources}/Contents 5 0 R>>`
  const pages = '<</Type/Pages/Kids[3 0 R]/Count 1>>'
  return pdfOfObjects([catalog, pages, page, font, streamOf('', drawing), ...others])
}

function streamOf(fields: string, body: string): string {
  return `<<${fields}/Length ${body.length}>>stream\n${body}\nendstream`
}

function formOf(next: number, body: string): string {
  return streamOf(`/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</Next ${next} 0 R>>>>`, body)
}

const hostilePdfs: [string, () => Buffer, string][] = [
  ['a million objects, packed', () => packedPdfOf(line, 1_000_000), line],
  ['400,000 objects', () => pdfThatDraws(content, Array<string>(400_000).fill('0')), line],
  [
    'a million pages, as it says',
    () =>
      pdfOfObjects([catalog, `<</Type/Pages/Kids[${'3 0 R '.repeat(1_000_000)}]/Count 1000000>>`, '<</Type/Page>>']),
    'too_many_pages',
  ],
  [
    'a million pages that say they are one',
    () => pdfOfObjects([catalog, `<</Type/Pages/Kids[${'3 0 R '.repeat(1_000_000)}]/Count 1>>`, '<</Type/Page>>']),
    'scanned',
  ],
  [
    'a tree of pages 50,000 deep',
    () => {
      const branches = Array.from({ length: 50_000 }, (_, at) => `<</Type/Pages/Kids[${at + 3} 0 R]/Count 1>>`)
      return pdfOfObjects([catalog, ...branches, '<</Type/Page>>'])
    },
    'scanned',
  ],
  ['a tree of pages that holds itself', () => pdfOfObjects([catalog, '<</Kids[2 0 R]/Count 9>>']), 'file_invalid'],
  [
    'a table of objects that leads to itself',
    () => Buffer.from(plain.replace('/Info', `/Prev ${plain.indexOf('xref')} /Info`), 'latin1'),
    line,
  ],
  ['a drawing that draws itself', () => pdfThatDraws(`${content} /Next Do`, [formOf(6, '/Next Do')]), line],
  [
    'drawings that draw ten others each, twelve times over',
    () => {
      const forms = Array.from({ length: 12 }, (_, at) => formOf(at + 7, '/Next Do '.repeat(10)))
      return pdfThatDraws('/Next Do', [...forms, formOf(0, content)])
    },
    'too_complex',
  ],
  [
    '100 MB of spaces, packed',
    () => {
      const spaces = deflateSync(Buffer.alloc(100_000_000, ' ')).toString('latin1')
      return pdfThatDraws(`${content} /Next Do`, [streamOf('/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode', spaces)])
    },
    line,
  ],
  [
    'a password',
    () =>
      pdfOf([[[12, 700, line]]], {
        trailer: `/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<${'41'.repeat(32)}>/U<${'42'.repeat(32)}>>>`,
      }),
    'encrypted',
  ],
  ['cut in the middle', () => Buffer.from(plain.slice(0, 400), 'latin1'), 'file_invalid'],
  ['cut before its end', () => Buffer.from(plain.slice(0, plain.indexOf('startxref')), 'latin1'), line],
]

describe('hostile PDFs › text or a reason, and the next one is read', () => {
  const hurried = openReader(limits)
  afterAll(() => hurried[Symbol.asyncDispose]())

  test.each(hostilePdfs)('%s', { timeout: 180_000 }, async (_name, make, outcome) => {
    const read = hurried.extract(pdf(make()))
    if (outcome === line) expect((await read).markdown).toContain(line)
    else await expect(read).rejects.toMatchObject({ name: 'ReadProblem', code: outcome })
    expect((await hurried.extract(pdf(Buffer.from(plain, 'latin1')))).markdown).toContain('We pay for it.')
  })
})

describe('limits', () => {
  test('a page that takes more CPU time than allowed is given up, the one queued behind it is read', async () => {
    await using hurried = openReader({ ...limits, extractCpuMs: 1 })
    const slow = hurried.extract(html('<p>word</p>'.repeat(140_000)))
    const next = hurried.chunk('Text.')
    await expect(slow).rejects.toMatchObject({ code: 'too_complex' })
    expect(await next).toEqual([{ text: 'Text.', headings: [], tokens: 2, page: null, pageStarts: [] }])
  })

  test('a page that takes more memory than allowed is given up', async () => {
    await using small = openReader({ ...limits, memoryMb: 24 })
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

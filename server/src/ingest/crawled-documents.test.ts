import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { ingestPorts, makeBot, readSource } from '../../testing/ingesting.ts'
import { docxOf, pdfOf } from '../../testing/office-files.ts'
import { type Answer, pageOf, startWebsite } from '../../testing/website.ts'
import { docxType } from '../sources/file-type.ts'
import { listPagesOf } from '../sources/pages.ts'
import { addSource } from '../sources/sources.ts'

describe.each(lanes)('$name › what a crawl meets', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  /** What became of a document that a home page links to; the pages beside it are read. */
  async function crawl(path: string, document: Answer) {
    await using site = await startWebsite({
      '/': pageOf('Home', [path, '/next']),
      [path]: document,
      '/next': pageOf('Next'),
    })
    const bot = await makeBot(database)
    const ref = {
      ...bot,
      sourceId: await addSource(database, bot.workspaceId, bot.botId, { kind: 'website', url: site.url }),
    }
    await using ports = ingestPorts(database)
    await readSource(ports, ref)
    const pages = await listPagesOf(database, ref, { limit: 10 })
    const at = (path: string) => pages.find(({ address }) => address === site.url + path)
    expect([at('/')?.state, at('/next')?.state]).toEqual(['indexed', 'indexed'])
    const { rows: passages } = await database.db.execute(sql`
      select page, page_starts, text from passages where page_id = ${at(path)?.id} order by position`)
    return { page: at(path), passages }
  }

  const html = { 'content-type': 'text/html' }
  const paragraph = '<p>Goods can be returned within thirty days of delivery.</p>'
  /** A page of exactly so many bytes, of which `filler` is most. */
  const sized = (bytes: number, filler: string) => {
    const start = `<!doctype html><title>Large</title><main>${paragraph}`
    const end = '</main>'
    const room = bytes - start.length - end.length
    const body = start + filler.repeat(Math.floor(room / filler.length)).padEnd(room) + end
    expect(body).toHaveLength(bytes)
    return body
  }
  const hidden = `<script>${'x'.repeat(9_900)}</script>`

  test('a page of 10 MB, most of it scripts › read', { timeout: 120_000 }, async () => {
    const { page, passages } = await crawl('/large', { headers: html, body: sized(10_000_000, hidden) })
    expect(page).toMatchObject({ state: 'indexed', title: 'Large', bytes: 10_000_000 })
    expect(passages).toMatchObject([{ text: 'Goods can be returned within thirty days of delivery.' }])
  })

  const tooMany = 'too large or too deeply nested'
  const tooLarge = 'larger than 10 MB'
  test.each([
    ['10 MB of paragraphs', sized(10_000_000, paragraph), false, tooMany],
    ['a byte more than 10 MB', sized(10_000_001, hidden), false, tooLarge],
    ['a byte more than 10 MB, as it says at once', sized(10_000_001, hidden), true, tooLarge],
  ])('%s › failed: too_large, in words', { timeout: 120_000 }, async (_name, body, saysSo, words) => {
    const headers = saysSo ? { ...html, 'content-length': String(body.length) } : html
    const { page, passages } = await crawl('/large', { headers, body })
    expect(page).toMatchObject({ state: 'failed', problem: 'too_large', reason: expect.stringContaining(words) })
    expect(passages).toEqual([])
  })

  test('a PDF › indexed under its title, each passage with its page', async () => {
    const first: [number, number, string][] = [[12, 700, 'Goods can be returned within thirty days.']]
    const second: [number, number, string][] = [
      [24, 760, 'Costs'],
      [12, 700, 'We pay for it.'],
    ]
    const third: [number, number, string][] = [[12, 700, 'Always.']]
    const body = pdfOf([first, second, third], { info: '/Title (Terms)' })
    const { page, passages } = await crawl('/terms.pdf', { headers: { 'content-type': 'application/pdf' }, body })
    expect(page).toMatchObject({ state: 'indexed', title: 'Terms', url: expect.stringContaining('/terms.pdf') })
    expect(passages).toEqual([
      { page: 1, page_starts: [], text: 'Goods can be returned within thirty days.' },
      { page: 2, page_starts: [15], text: 'We pay for it.\n\nAlways.' },
    ])
  })

  test('a PDF with a password › failed, and said so', async () => {
    const trailer = `/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<${'41'.repeat(32)}>/U<${'42'.repeat(32)}>>>`
    const headers = { 'content-type': 'application/pdf' }
    const { page } = await crawl('/terms.pdf', { headers, body: pdfOf([[[12, 700, 'Terms.']]], { trailer }) })
    expect(page).toMatchObject({ state: 'failed', problem: 'encrypted', reason: expect.stringContaining('password') })
  })

  test('a DOCX › indexed', async () => {
    const body = docxOf('<w:p><w:r><w:t>Dear reader.</w:t></w:r></w:p>')
    const { page, passages } = await crawl('/letter.docx', { headers: { 'content-type': docxType }, body })
    expect(page).toMatchObject({ state: 'indexed' })
    expect(passages).toEqual([{ page: null, page_starts: [], text: 'Dear reader.' }])
  })
})

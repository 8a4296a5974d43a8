import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { ingestPorts, makeBot, readSource } from '../../testing/ingesting.ts'
import { docxOf, pdfOf } from '../../testing/office-files.ts'
import { docxType } from '../sources/file-type.ts'
import { dropFile, keepFile } from '../sources/files.ts'
import { findPage, listPagesOf } from '../sources/pages.ts'
import { addSource } from '../sources/sources.ts'

describe.each(lanes)('$name › uploaded files', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  /** What became of the file's page. */
  async function read(name: string, type: string, body: string | Buffer, { isGone = false } = {}) {
    const bot = await makeBot(database)
    const { id, bytes } = await keepFile(database, bot, Readable.from([Buffer.from(body)]))
    if (isGone) await dropFile(database, bot, id)
    const file = { id, name, bytes, type }
    const ref = { ...bot, sourceId: await addSource(database, bot.workspaceId, bot.botId, { kind: 'file', file }) }
    await using ports = ingestPorts(database)
    await readSource(ports, ref)
    const [listed] = await listPagesOf(database, ref, { limit: 10 })
    return listed && findPage(database, ref, listed.id)
  }

  const pdf = pdfOf([[[12, 700, 'Goods can be returned.']], [[12, 700, 'We pay for it.']]])

  test.each([
    ['terms.pdf', 'application/pdf', pdf, 'Goods can be returned.\n\f\nWe pay for it.'],
    ['letter.docx', docxType, docxOf('<w:p><w:r><w:t>Dear reader.</w:t></w:r></w:p>'), 'Dear reader.'],
    ['prices.csv', 'text/csv', 'Name,Price\nTea,4\n', 'Name: Tea · Price: 4'],
    ['shop.json', 'application/json', '[{"name":"Tea","price":4}]', 'name: Tea · price: 4'],
    ['note.txt', 'text/plain', 'Open from nine to five.', 'Open from nine to five.'],
  ])('%s › indexed, under its name', async (name, type, body, markdown) => {
    expect(await read(name, type, body)).toMatchObject({ state: 'indexed', title: name, markdown, url: null })
  })

  test('a DOCX with a title of its own › indexed, under that', async () => {
    const core = '<p:coreProperties xmlns:p="p" xmlns:dc="dc"><dc:title>Terms of sale</dc:title></p:coreProperties>'
    const body = docxOf('<w:p><w:r><w:t>Dear reader.</w:t></w:r></w:p>', [['docProps/core.xml', core]])
    expect(await read('letter.docx', docxType, body)).toMatchObject({ state: 'indexed', title: 'Terms of sale' })
  })

  test.each([
    ['a truncated PDF', 'a.pdf', 'application/pdf', pdf.subarray(0, 40), 'file_invalid', 'damaged'],
    ['a scanned PDF', 'a.pdf', 'application/pdf', pdfOf([[]]), 'scanned', 'OCR'],
    ['HTML called DOCX', 'a.docx', docxType, '<p>Text.</p>', 'file_invalid', 'damaged'],
    ['broken JSON', 'a.json', 'application/json', '{"a":', 'file_invalid', 'damaged'],
    ['an empty file', 'a.txt', 'text/plain', ' ', 'empty', 'No text'],
  ])('%s › failed, with a reason', async (_what, name, type, body, problem, words) => {
    const page = await read(name, type, body)
    expect(page).toMatchObject({ state: 'failed', problem, reason: expect.stringContaining(words) })
  })

  test('a file that is no longer there › failed, and said so', async () => {
    const page = await read('a.txt', 'text/plain', 'Text.', { isGone: true })
    expect(page).toMatchObject({ state: 'failed', problem: 'file_gone' })
  })
})

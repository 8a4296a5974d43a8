import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import type { PageId } from '../platform/id.ts'
import { silentLog as log } from '../platform/log.ts'
import { ModelError } from '../platform/models/models.ts'
import { calibrate, indexPage, removePages, search } from './knowledge.ts'
import { newBot, newPage, type RecordingModel, recordingModel, type TestBot } from './testing.ts'

const texts = ['The ferry leaves the harbour at nine.', 'The kiln is lit on Mondays.']

describe.each(lanes)('a change of the embedding model, on $name', (lane) => {
  let database: TestDatabase
  let bot: TestBot
  let pages: PageId[]
  let before: RecordingModel
  let after: RecordingModel
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())
  beforeEach(async () => {
    const { db } = database
    before = recordingModel('before')
    after = recordingModel('after')
    bot = await newBot(db)
    pages = [await newPage(db, bot), await newPage(db, bot)]
    for (const at of [0, 1]) await put(before, at)
    await calibrate({ db, embeddings: before }, bot.workspaceId, bot.botId)
  })

  function put(embeddings: RecordingModel, at: number, text = texts[at] ?? '', alongside?: () => Promise<void>) {
    const pageId = pages[at]
    if (!pageId) throw new Error('no such page')
    const page = { pageId, title: 'Notes', language: 'en' }
    const passages = [{ text, headings: [], tokens: 8 }]
    return indexPage({ db: database.db, embeddings }, bot.workspaceId, bot.botId, page, passages, alongside)
  }

  const openModel = async (ref: string) => {
    if (ref === 'test:before') return before
    throw new ModelError('llm_auth_failed', `no key for ${ref}`)
  }
  const ask = (question: string, open = openModel) => {
    const ports = { db: database.db, embeddings: after, log, openModel: open }
    return search(ports, bot.workspaceId, bot.botId, { question, history: [] })
  }

  async function state() {
    const { rows } = await database.db.execute<{ active: string; spaces: string[]; low: number | null }>(sql`
      select s.model as active, i.low_fused as low, (
        select array_agg(distinct v.model order by v.model) from passage_vectors p join embedding_spaces v on v.id = p.space_id
        where p.workspace_id = i.workspace_id and p.bot_id = i.bot_id) as spaces
      from bot_indexes i join embedding_spaces s on s.id = i.space_id
      where i.workspace_id = ${bot.workspaceId} and i.bot_id = ${bot.botId}`)
    return rows[0]
  }

  test('the old vectors answer by meaning while the new ones fill', async () => {
    await put(after, 0)
    const { passages, isByWordsAlone } = await ask('When does the ferry leave?')
    expect(passages[0]).toMatchObject({ text: texts[0], cosine: expect.closeTo(0.5, 0.4) })
    expect(isByWordsAlone).toBe(false)
    expect(await state()).toMatchObject({ active: 'before', low: expect.any(Number), spaces: ['after', 'before'] })
  })

  test('a page that changes meanwhile is found, by words until the change is complete', async () => {
    await put(after, 0, 'The observatory opens at dusk.')
    const { passages } = await ask('When does the observatory open?')
    const found = passages.find(({ pageId }) => pageId === pages[0])
    expect(found).toMatchObject({ text: 'The observatory opens at dusk.', cosine: 0 })
    expect(found?.lexical).toBeGreaterThan(0)
    await put(after, 1)
    expect((await ask('When does the observatory open?')).passages[0]).toMatchObject({
      pageId: pages[0],
      cosine: expect.closeTo(0.5, 0.4),
    })
  })

  test('the last page changes the space, clears the old one and its threshold in one transaction', async () => {
    await put(after, 0)
    const broken = put(after, 1, texts[1], () => Promise.reject(new Error('at the last moment')))
    await expect(broken).rejects.toThrow('at the last moment')
    expect(await state()).toMatchObject({ active: 'before', low: expect.any(Number), spaces: ['after', 'before'] })
    await put(after, 1)
    expect(await state()).toEqual({ active: 'after', low: null, spaces: ['after'] })
    expect((await ask('When does the ferry leave?')).isByWordsAlone).toBe(false)
    await calibrate({ db: database.db, embeddings: after }, bot.workspaceId, bot.botId)
    expect((await state())?.low).toEqual(expect.any(Number))
  })

  test('a provider that fails changes nothing: the old vectors answer on', async () => {
    await put(after, 0)
    after.isBroken = true
    await expect(put(after, 1)).rejects.toThrow(ModelError)
    expect(await ask('When is the kiln lit?')).toMatchObject({
      isByWordsAlone: false,
      passages: [{ text: texts[1] }, {}],
    })
  })

  test('words alone answer when the old model is gone, and when it fails', async () => {
    await put(after, 0)
    const gone = () => Promise.reject(new ModelError('llm_auth_failed', 'no key'))
    expect(await ask('When is the kiln lit?', gone)).toMatchObject({
      isByWordsAlone: true,
      passages: [{ text: texts[1] }],
    })
    before.isBroken = true
    expect(await ask('When is the kiln lit?')).toMatchObject({ isByWordsAlone: true, passages: [{ text: texts[1] }] })
  })

  test('a change that is called off leaves no vector of the other model, and keeps the threshold', async () => {
    await put(after, 0)
    const { low } = (await state()) ?? {}
    await calibrate({ db: database.db, embeddings: before }, bot.workspaceId, bot.botId)
    expect(await state()).toEqual({ active: 'before', low, spaces: ['before'] })
  })

  test('the change is complete when the last page without a new vector goes', async () => {
    await put(after, 0)
    await removePages(database, bot.workspaceId, bot.botId, pages.slice(1))
    await calibrate({ db: database.db, embeddings: after }, bot.workspaceId, bot.botId)
    expect(await state()).toEqual({ active: 'after', low: expect.any(Number), spaces: ['after'] })
  })
})

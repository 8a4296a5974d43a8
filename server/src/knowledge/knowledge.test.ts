import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { type BotId, newId, type PageId } from '../platform/id.ts'
import { silentLog as log } from '../platform/log.ts'
import { calibrate, type IndexRow, indexPage, indexSql, Reading, removePages, search } from './knowledge.ts'
import { newBot, newPage, recordingModel, rowCounts, type TestBot } from './testing.ts'

const passage = (text: string, headings: string[] = []) => ({ text, headings, tokens: text.split(' ').length })
const asked = (question: string) => ({ question, history: [] })

const subjects = 'kiln ferry tariff lantern orchard harness turbine glacier pharmacy violin'.split(' ')

describe.each(lanes)('$name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  /** A bot of pages, each about one subject, three passages to a page. */
  async function filledBot(embeddings = recordingModel()): Promise<{ bot: TestBot; pages: PageId[] }> {
    const { db } = database
    const bot = await newBot(db)
    const pages: PageId[] = []
    for (const subject of subjects) {
      const pageId = await newPage(db, bot)
      pages.push(pageId)
      await indexPage({ db, embeddings }, bot.workspaceId, bot.botId, { pageId, title: subject, language: 'en' }, [
        passage(`The ${subject} opens every morning and closes at noon.`, ['Hours']),
        passage(`A day with the ${subject} costs eleven euros for grown-ups.`, ['Prices']),
        passage(`Dogs are not allowed near the ${subject} unless they are on a lead.`, ['Animals']),
      ])
    }
    return { bot, pages }
  }

  test('search › the passage that answers, of thirty', async () => {
    const embeddings = recordingModel()
    const { bot, pages } = await filledBot(embeddings)
    const { db } = database
    const result = await search(
      { db, embeddings, log },
      bot.workspaceId,
      bot.botId,
      asked('What does a day with the glacier cost?'),
    )
    expect(result.passages[0]).toMatchObject({
      pageId: pages[subjects.indexOf('glacier')],
      title: 'glacier',
      headings: ['Prices'],
      text: 'A day with the glacier costs eleven euros for grown-ups.',
    })
    expect(result.best).toBe(result.passages[0]?.score)
    expect(result.passages[0]?.lexical).toBeGreaterThan(0.2)
    expect(result.passages[0]?.cosine).toBeGreaterThan(0)
  })

  test.each([
    ['alone', []],
    ['in a conversation', [{ role: 'user' as const, content: 'Is there a glacier?' }]],
  ])('search › finds with a reading what it finds without one, and lets go of it: %s', async (_, history) => {
    const embeddings = recordingModel()
    const { bot } = await filledBot(embeddings)
    const { db } = database
    const ports = { db, embeddings, log }
    const question = 'And what does a day with it cost?'
    const reading = new Reading(question)
    const { rows } = await db.execute(indexSql({ ...bot, terms: reading.terms }))
    reading.take(rows[0] as unknown as IndexRow)
    const found = await search(ports, bot.workspaceId, bot.botId, { question, history, reading })
    expect(found).toEqual(await search(ports, bot.workspaceId, bot.botId, { question, history }))
    expect(found.passages).not.toEqual([])
    expect(reading.give()).toBeNull()
  })

  test('search › three passages of one page at most', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    const pageId = await newPage(db, bot)
    const texts = ['north', 'south', 'east', 'west', 'upper', 'lower'].map((gate) =>
      passage(`The ${gate} gate of the harbour has its own ${gate} keeper and ${gate} bell.`),
    )
    await indexPage({ db, embeddings }, bot.workspaceId, bot.botId, { pageId, title: '', language: 'en' }, texts)
    const result = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('harbour gate'))
    expect(result.passages).toHaveLength(3)
  })

  test('search › the same text on two pages is found once', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    for (const title of ['', '']) {
      const pageId = await newPage(db, bot)
      const text = passage('Parcels are sent on Tuesdays and arrive within three days.')
      await indexPage({ db, embeddings }, bot.workspaceId, bot.botId, { pageId, title, language: 'en' }, [text])
    }
    const result = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('When are parcels sent?'))
    expect(result.passages).toHaveLength(1)
    expect(embeddings.embedded).toHaveLength(1)
  })

  test('search › nothing of another bot or workspace, whatever is asked', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const [one, two] = [await filledBot(embeddings), await filledBot(embeddings)]
    const sibling = await newBot(db, one.bot.workspaceId)
    const own = new Set(one.pages)
    for (const subject of subjects) {
      const { passages } = await search({ db, embeddings, log }, one.bot.workspaceId, one.bot.botId, asked(subject))
      expect(passages.length).toBeGreaterThan(0)
      expect(passages.every(({ pageId }) => own.has(pageId))).toBe(true)
      for (const [workspaceId, botId] of [
        [one.bot.workspaceId, sibling.botId],
        [two.bot.workspaceId, one.bot.botId],
        [one.bot.workspaceId, two.bot.botId],
      ] as const) {
        expect((await search({ db, embeddings, log }, workspaceId, botId, asked(subject))).passages).toEqual([])
      }
    }
  })

  test('indexPage › unchanged passages keep their ids and are not embedded again', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    const page = { pageId: await newPage(db, bot), title: 'Guide', language: 'en' }
    const [first, second, third] = ['Apples are red.', 'Pears are green.', 'Plums are blue.'].map((text) =>
      passage(text),
    )
    if (!first || !second || !third) throw new Error('no passages')
    const index = (...passages: (typeof first)[]) =>
      indexPage({ db, embeddings }, bot.workspaceId, bot.botId, page, passages)
    const ids = async () => {
      const { rows } = await db.execute<{ id: number; text: string }>(sql`
        select id, text from passages where workspace_id = ${bot.workspaceId} and bot_id = ${bot.botId} order by position`)
      return rows
    }
    expect(await index(first, second)).toEqual({ added: 2, kept: 0, removed: 0 })
    const before = await ids()
    expect(embeddings.embedded).toEqual(['Guide\nApples are red.', 'Guide\nPears are green.'])
    expect(await index(first, second)).toEqual({ added: 0, kept: 2, removed: 0 })
    expect(await ids()).toEqual(before)
    expect(await index(third, second)).toEqual({ added: 1, kept: 1, removed: 1 })
    expect(embeddings.embedded).toHaveLength(3)
    expect((await ids()).map(({ text }) => text)).toEqual([third.text, second.text])
    expect((await ids())[1]?.id).toBe(before[1]?.id)
    const { passages } = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('Which are red?'))
    expect(passages.map(({ text }) => text)).not.toContain(first.text)
    expect(passages.every(({ lexical }) => lexical === 0)).toBe(true)
  })

  test('indexPage › the old passages answer until the new ones are complete, and stay when embedding fails', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    const page = { pageId: await newPage(db, bot), title: '', language: 'en' }
    const index = (model: typeof embeddings, text: string) =>
      indexPage({ db, embeddings: model }, bot.workspaceId, bot.botId, page, [passage(text)])
    const found = async () => {
      const { passages } = await search(
        { db, embeddings, log },
        bot.workspaceId,
        bot.botId,
        asked('Is the bridge open?'),
      )
      return passages.map(({ text }) => text)
    }
    await index(embeddings, 'The bridge is open.')
    const before = await rowCounts(db, bot)

    const broken = { ...embeddings, isBroken: true }
    await expect(index(broken, 'The bridge is closed.')).rejects.toMatchObject({ code: 'llm_unavailable' })
    expect(await found()).toEqual(['The bridge is open.'])
    expect(await rowCounts(db, bot)).toEqual(before)

    const slow = Promise.withResolvers<void>()
    const waiting = {
      ...embeddings,
      embed: (...args: Parameters<typeof embeddings.embed>) => slow.promise.then(() => embeddings.embed(...args)),
    }
    const indexing = index(waiting, 'The bridge is closed.')
    expect(await found()).toEqual(['The bridge is open.'])
    slow.resolve()
    await indexing
    expect(await found()).toEqual(['The bridge is closed.'])
  })

  test('indexPage › pages indexed at the same time lose neither postings nor counts', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    const words = Array.from({ length: 12 }, (_, at) => `marker${at}x`)
    await Promise.all(
      words.map(async (word) => {
        const pageId = await newPage(db, bot)
        const index = (text: string) =>
          indexPage({ db, embeddings }, bot.workspaceId, bot.botId, { pageId, title: '', language: 'en' }, [
            passage(text),
            passage(`Everything shares this common sentence with ${word}.`),
          ])
        await index(`Only here stands ${word} at first.`)
        await index(`Only here stands ${word} at last.`)
      }),
    )
    for (const word of words) {
      const { passages } = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked(word))
      expect(
        passages
          .filter(({ lexical }) => lexical > 0.1)
          .map(({ text }) => text)
          .sort(),
      ).toEqual([`Everything shares this common sentence with ${word}.`, `Only here stands ${word} at last.`])
    }
    const { rows } = await db.execute(sql`
      select lexicon, next_slot as slots,
        (select sum(length(entries)) / 3 from postings p
          where p.workspace_id = i.workspace_id and p.bot_id = i.bot_id and term = 'e:common') as postings,
        (select sum(length) from passages p where p.workspace_id = i.workspace_id and p.bot_id = i.bot_id) as length
      from bot_indexes i where workspace_id = ${bot.workspaceId} and bot_id = ${bot.botId}`)
    expect(rows[0]).toMatchObject({ slots: 36, postings: 12 })
    expect(rows[0]?.lexicon).toEqual({ english: { passages: 24, length: rows[0]?.length } })
  })

  test('removePages › leaves nothing of the page', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const { bot, pages } = await filledBot(embeddings)
    const glacier = pages[subjects.indexOf('glacier')]
    if (!glacier) throw new Error('no page')
    const before = await rowCounts(db, bot)
    await removePages({ db }, bot.workspaceId, bot.botId, [glacier])
    expect(await rowCounts(db, bot)).toMatchObject({ passages: (before.passages ?? 0) - 3 })
    const { rows } = await db.execute(sql`
      select from postings where workspace_id = ${bot.workspaceId} and bot_id = ${bot.botId} and term = 'e:glacier'`)
    expect(rows).toEqual([])
    const { passages } = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('glacier'))
    expect(passages.every(({ pageId }) => pageId !== glacier)).toBe(true)
    await removePages({ db }, bot.workspaceId, bot.botId, pages)
    expect(await rowCounts(db, bot)).toEqual({ passages: 0, passage_vectors: 0, postings: 0, bot_indexes: 1 })
  })

  test('deleting a source › its passages are gone at once, the last posting with the next calibration', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const { bot } = await filledBot(embeddings)
    await db.execute(sql`delete from sources where workspace_id = ${bot.workspaceId} and id = ${bot.sourceId}`)
    expect((await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('glacier'))).passages).toEqual([])
    await calibrate({ db, embeddings }, bot.workspaceId, bot.botId)
    expect(await rowCounts(db, bot)).toEqual({ passages: 0, passage_vectors: 0, postings: 0, bot_indexes: 1 })
  })

  test('deleting a bot › leaves nothing in any table', async () => {
    const { db } = database
    const { bot } = await filledBot()
    await db.execute(sql`delete from bots where workspace_id = ${bot.workspaceId} and id = ${bot.botId}`)
    expect(await rowCounts(db, bot)).toEqual({ passages: 0, passage_vectors: 0, postings: 0, bot_indexes: 0 })
  })

  test('indexPage › a page that was deleted meanwhile stays away', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    const page = { pageId: newId<PageId>(), title: '', language: null }
    const changes = await indexPage({ db, embeddings }, bot.workspaceId, bot.botId, page, [passage('Too late.')])
    expect(changes).toEqual({ added: 0, kept: 0, removed: 0 })
    expect(await rowCounts(db, bot)).toMatchObject({ passages: 0, passage_vectors: 0, postings: 0 })
  })

  test('search › when the embedding model fails, words alone answer', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const { bot, pages } = await filledBot(embeddings)
    await calibrate({ db, embeddings }, bot.workspaceId, bot.botId)
    const ports = { db, embeddings: { ...embeddings, isBroken: true }, log }
    const result = await search(ports, bot.workspaceId, bot.botId, asked('What does a day with the glacier cost?'))
    expect(result.passages[0]).toMatchObject({
      pageId: pages[subjects.indexOf('glacier')],
      headings: ['Prices'],
      cosine: 0,
    })
    expect(result.verdict).not.toBe('unknown')
    const unknown = await search(ports, bot.workspaceId, bot.botId, asked('Who wrote the symphony about fate?'))
    expect(unknown.verdict).toBe('unknown')
  })

  test('search › another model’s vectors are never compared; the new space answers once it is full', async () => {
    const [old, next] = [recordingModel('old'), recordingModel('next')]
    const { db } = database
    const { bot, pages } = await filledBot(old)
    const cosines = async (embeddings: typeof old) => {
      const result = await search({ db, embeddings, log }, bot.workspaceId, bot.botId, asked('glacier'))
      return result.passages.some(({ cosine }) => cosine > 0)
    }
    expect([await cosines(old), await cosines(next)]).toEqual([true, false])
    for (const [at, subject] of subjects.entries()) {
      expect([await cosines(old), await cosines(next)]).toEqual([true, false])
      const pageId = pages[at]
      if (!pageId) throw new Error('no page')
      await indexPage(
        { db, embeddings: next },
        bot.workspaceId,
        bot.botId,
        { pageId, title: subject, language: 'en' },
        [passage(`The ${subject} opens every morning and closes at noon.`, ['Hours'])],
      )
    }
    expect([await cosines(old), await cosines(next)]).toEqual([false, true])
    expect((await rowCounts(db, bot)).passage_vectors).toBe(subjects.length)
  })

  test('search › while a bot changes to another model the old one answers by meaning, and words alone if it cannot be opened', async () => {
    const [old, next] = [recordingModel('old'), recordingModel('next')]
    const { db } = database
    const { bot, pages } = await filledBot(old)
    const opened: string[] = []
    const openModel = async (ref: string) => {
      opened.push(ref)
      if (old.isBroken) throw new Error('its key is gone')
      return old
    }
    const ask = () => search({ db, embeddings: next, log, openModel }, bot.workspaceId, bot.botId, asked('glacier'))
    const page = { pageId: pages[0] ?? newId<PageId>(), title: subjects[0] ?? '', language: 'en' }
    await indexPage({ db, embeddings: next }, bot.workspaceId, bot.botId, page, [passage('It opens every morning.')])

    const during = await ask()
    expect(during.isByWordsAlone).toBe(false)
    expect(during.passages.some(({ cosine }) => cosine > 0)).toBe(true)
    expect(opened).toEqual(['test:old'])
    old.isBroken = true
    const after = await ask()
    expect(after.isByWordsAlone).toBe(true)
    expect(after.passages.map(({ cosine }) => cosine)).toEqual(after.passages.map(() => 0))
  })

  test('search › a bot that was given nothing leaves it to the model, calibrated or not', async () => {
    const embeddings = recordingModel()
    const { db } = database
    const bot = await newBot(db)
    expect(await calibrate({ db, embeddings }, bot.workspaceId, bot.botId)).toEqual({ low: 0.5, high: 0.7 })
    for (const botId of [bot.botId, newId<BotId>()]) {
      expect(await search({ db, embeddings, log }, bot.workspaceId, botId, asked('Anything?'))).toEqual({
        asked: ['Anything?'],
        isByWordsAlone: false,
        failure: null,
        considered: [],
        passages: [],
        verdict: 'unsure',
        best: 0,
        thresholds: { low: 0.5, high: 0.7 },
      })
    }
  })
})

import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { silentLog as log } from '../platform/log.ts'
import { halfvecBytes } from './halfvec.ts'
import { indexPage, removePages, search } from './knowledge.ts'
import { newBot, newPage, recordingModel, type TestBot } from './testing.ts'
import { dropVectorIndexes, keepVectorIndex, partsByGraph } from './vector-index.ts'

const words =
  'glacier harbour lantern meadow nectar orchard pebble quarry river saffron timber umbrella violin willow'.split(' ')
const textOf = (n: number) =>
  `Note ${n}: the ${words[n % 14]} and the ${words[(n * 5 + 3) % 14]} of the ${words[(n * 11 + 7) % 14]}, number ${n}.`
const questions = words.map((word, at) => `What of the ${word} and the ${words[(at * 3 + 1) % 14]}?`)

/** PostgreSQL alone: in the embedded database search is exact. */
describe.each(lanes.filter(({ name }) => name === 'PostgreSQL'))('a large bot’s own vector index, on $name', (lane) => {
  const embeddings = recordingModel()
  const sizes = { buildAbove: 200, dropBelow: 100 }
  let database: TestDatabase
  let bot: TestBot
  let other: TestBot
  beforeAll(async () => {
    database = await lane.open()
    bot = await filled(300)
    other = await filled(20)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function filled(count: number): Promise<TestBot> {
    const made = await newBot(database.db)
    const passages = Array.from({ length: count }, (_, n) => ({ text: textOf(n), headings: [], tokens: 20 }))
    // Of many pages: three passages of a page are found at most.
    for (let at = 0; at < count; at += 10) await add(made, passages.slice(at, at + 10))
    await database.db.execute('analyze')
    return made
  }

  async function add(to: TestBot, passages: { text: string; headings: string[]; tokens: number }[]) {
    const pageId = await newPage(database.db, to)
    const page = { pageId, title: 'Notes', language: 'en' }
    await indexPage({ db: database.db, embeddings }, to.workspaceId, to.botId, page, passages)
    return pageId
  }

  const keep = (of = sizes) => keepVectorIndex(database, bot.workspaceId, bot.botId, of)
  const ask = async (question: string, of = bot) =>
    await search({ db: database.db, embeddings, log }, of.workspaceId, of.botId, { question, history: [] })
  const answers = async () =>
    (await Promise.all(questions.map((question) => ask(question)))).map(({ considered }) => considered)

  async function indexes(): Promise<string[]> {
    const { rows } = await database.db.execute<{ name: string }>(sql`
      select relname as name from pg_class where relkind = 'i' and relname like 'bot\_vectors\_%'`)
    return rows.map(({ name }) => name)
  }

  /** Of so few rows the planner would rather sort them all. */
  async function plan(): Promise<string> {
    const [vector = new Float32Array()] = await embeddings.embed(['glacier'], 'query')
    const { rows } = await database.db.execute<{ spaceId: number }>(sql`
      select space_id as "spaceId" from bot_indexes where bot_id = ${bot.botId}`)
    const nearest = { ...bot, spaceId: rows[0]?.spaceId ?? 0, vector: halfvecBytes(vector) }
    return database.db.transaction(async (tx) => {
      for (const way of ['seqscan', 'bitmapscan', 'sort']) await tx.execute(sql.raw(`set local enable_${way} = off`))
      const explained = await tx.execute(sql`explain ${partsByGraph(nearest, '{}', vector.length)}`)
      return JSON.stringify(explained.rows)
    })
  }

  test('is built past the size, searched, and finds what an exact search finds', async () => {
    await keep({ buildAbove: 300, dropBelow: 100 })
    expect(await indexes()).toEqual([])
    const exact = await answers()

    await keep()
    const [name] = await indexes()
    expect(name).toContain(bot.botId.replaceAll('-', ''))
    expect(await answers()).toEqual(exact)
    expect(await plan()).toContain(name)
  })

  test('what comes and goes while it stands is found and no longer found', async () => {
    const pageId = await add(bot, [{ text: 'The observatory opens at dusk.', headings: [], tokens: 6 }])
    expect((await ask('When does the observatory open?')).passages[0]?.pageId).toBe(pageId)
    await removePages(database, bot.workspaceId, bot.botId, [pageId])
    expect((await ask('When does the observatory open?')).passages.every((found) => found.pageId !== pageId)).toBe(true)
  })

  test('another bot’s search is exact', async () => {
    expect((await ask('What of the glacier?', other)).passages.length).toBeGreaterThan(0)
    expect((await indexes()).join()).not.toContain(other.botId.replaceAll('-', ''))
  })

  test('one that a crash left half built is built anew, and one that is missing too', async () => {
    const [name = ''] = await indexes()
    await database.db.execute(sql.raw(`update pg_index set indisvalid = false where indexrelid = '${name}'::regclass`))
    await keep()
    const { rows } = await database.db.execute<{ valid: boolean }>(sql`
      select indisvalid as valid from pg_index where indexrelid = ${name}::regclass`)
    expect(rows).toEqual([{ valid: true }])
    await database.db.execute(sql.raw(`drop index ${name}`))
    await keep()
    expect(await indexes()).toEqual([name])
  })

  test('goes below the lower size, and with its bot', async () => {
    await keep({ buildAbove: 400, dropBelow: 350 })
    expect(await indexes()).toEqual([])
    expect((await ask(questions[0] ?? '')).passages.length).toBeGreaterThan(0)
    await keep()
    expect(await indexes()).toHaveLength(1)
    await database.db.execute(sql`delete from bots where id = ${bot.botId}`)
    await dropVectorIndexes(database)
    expect(await indexes()).toEqual([])
  })
})

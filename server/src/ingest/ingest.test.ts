import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { ingestPorts, makeBot, readSource, startIngesting, startSite, wordEmbeddings } from '../../testing/ingesting.ts'
import { embeddingChoiceOf, saveBot } from '../bots/bots.ts'
import { search } from '../knowledge/knowledge.ts'
import type { BotId, SourceId, WorkspaceId } from '../platform/id.ts'
import { silentLog } from '../platform/log.ts'
import { type EmbeddingModel, ModelError } from '../platform/models/models.ts'
import { listPagesOf } from '../sources/pages.ts'
import { addSource, listSources, removeSource } from '../sources/sources.ts'
import { botReindexing, reindexAfterChange } from './ingest.ts'

const returns =
  '# Returns\n\nGoods can be returned within thirty days of delivery.\n\n## Gifts\n\nVouchers cannot be returned.'

const page = (title: string, ...paragraphs: string[]) => `<!doctype html><html lang="en"><title>${title}</title>
  <nav><a href="/">Home</a> <a href="/a">Shop</a></nav>
  <main><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('')}</main></html>`

interface Bot {
  workspaceId: WorkspaceId
  botId: BotId
}

describe.each(lanes)('$name › ingest', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function ingest(bot: Bot, sourceId: SourceId, embeddings?: EmbeddingModel) {
    await using ports = ingestPorts(database, embeddings)
    await readSource(ports, { ...bot, sourceId })
  }

  async function passagesOf({ workspaceId, botId }: Bot): Promise<string[]> {
    const { rows } = await database.db.execute<{ text: string }>(sql`
      select text from passages where workspace_id = ${workspaceId} and bot_id = ${botId} order by position`)
    return rows.map(({ text }) => text)
  }

  async function report(bot: Bot) {
    const [source] = await listSources(database, bot.workspaceId, bot.botId)
    if (!source) return undefined
    return { ...source, pages: await listPagesOf(database, { ...bot, sourceId: source.id }, { limit: 100 }) }
  }

  test('a pasted text › ready, found by a question, its page as it was given', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns, url: '/docs/returns' } as const
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, draft)
    expect(await report(bot)).toMatchObject({ id: sourceId, state: 'queued' })
    await ingest(bot, sourceId)
    expect(await report(bot)).toMatchObject({
      state: 'ready',
      reason: null,
      pages: [{ state: 'indexed', title: 'Returns', url: '/docs/returns', reason: null }],
    })
    const question = { question: 'When can goods be returned after delivery?', history: [] }
    const ports = { ...database, embeddings: wordEmbeddings, log: silentLog }
    const { passages } = await search(ports, bot.workspaceId, bot.botId, question)
    expect(passages[0]).toMatchObject({
      title: 'Returns',
      headings: ['Returns'],
      text: 'Goods can be returned within thirty days of delivery.',
    })
  })

  test('a Markdown file › its title from front matter or the first heading', async () => {
    const bot = await makeBot(database)
    const content = `---\ntitle: "How to return"\nlang: en\n---\n${returns}`
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, { kind: 'markdown', content }))
    expect(await report(bot)).toMatchObject({ pages: [{ title: 'How to return', language: 'en' }] })
    expect((await passagesOf(bot)).join()).not.toContain('title:')
  })

  test('one URL › main content, title, language and final address; then 304, equal and changed content', async () => {
    let version = page('Shipping', 'We ship within two days to every country.')
    let embedded = 0
    const counting: EmbeddingModel = {
      ...wordEmbeddings,
      embed: (texts, kind) => {
        embedded += texts.length
        return wordEmbeddings.embed(texts, kind)
      },
    }
    await using site = await startSite((request, response) => {
      if (request.url === '/old') return response.writeHead(301, { location: '/shipping?page=1#top' }).end()
      const etag = `"${version.length}"`
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
      return response.writeHead(200, { 'content-type': 'text/html', etag }).end(version)
    })
    const bot = await makeBot(database)
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url: `${site.url}/old#here` })
    await ingest(bot, sourceId, counting)
    expect(await report(bot)).toMatchObject({
      state: 'ready',
      pages: [
        { state: 'indexed', title: 'Shipping', language: 'en', url: `${site.url}/shipping?page=1`, httpStatus: 200 },
      ],
    })
    expect(await passagesOf(bot)).toEqual(['We ship within two days to every country.'])
    expect(embedded).toBe(1)

    await ingest(bot, sourceId, counting)
    expect((await report(bot))?.pages).toMatchObject([{ state: 'unchanged', httpStatus: 304 }])

    version = `<!-- built anew -->${version}`
    await ingest(bot, sourceId, counting)
    expect((await report(bot))?.pages).toMatchObject([{ state: 'unchanged', httpStatus: 200 }])
    expect(embedded).toBe(1)

    version = page('Shipping', 'We ship within five days.')
    await ingest(bot, sourceId, counting)
    expect((await report(bot))?.pages).toMatchObject([{ state: 'indexed' }])
    expect(await passagesOf(bot)).toEqual(['We ship within five days.'])
  })

  test.each([
    [404, page('Gone', 'Not here.'), 'There is no page at this address (HTTP 404).'],
    [200, '<html><body><script>app()</script><div id="root"></div></body></html>', 'JavaScript'],
    [200, page('', ''), 'No text was found on this page.'],
  ])('a page that cannot be read (%i) › failed with a reason, and not tried again', async (status, body, reason) => {
    await using site = await startSite((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(body),
    )
    const bot = await makeBot(database)
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url: site.url }))
    expect(await report(bot)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(reason),
      pages: [{ state: 'failed', reason: expect.stringContaining(reason) }],
    })
  })

  const japanese = page('返品について', '商品は到着後三十日以内に返品できます。')
  const russian = page('Возврат', 'Товар можно вернуть в течение тридцати дней.')
  const shiftJis = Buffer.from('93fa967b8cea82cc83658358836782c582b78142', 'hex')
  const cyrillic = Buffer.from('cef2eaf0fbf2ee20f120e4e5e2fff2e820e4ee20effff2e821', 'hex')
  const framed = (text: Buffer, meta = '') =>
    Buffer.concat([
      Buffer.from(`<html><head>${meta}<title>T</title></head><main><p>`),
      text,
      Buffer.from('</p></main></html>'),
    ])
  test.each([
    ['Shift_JIS by the header', 'text/html; charset=Shift_JIS', framed(shiftJis), '日本語のテストです。'],
    ['Shift_JIS by the page', 'text/html', framed(shiftJis, '<meta charset="shift_jis">'), '日本語のテストです。'],
    ['windows-1251', 'text/html; charset=windows-1251', framed(cyrillic), 'Открыто с девяти до пяти!'],
    ['UTF-8 that nobody names', 'text/html', Buffer.from(japanese), '三十日以内'],
    ['a charset that does not exist', 'text/html; charset=utf-99', Buffer.from(russian), 'тридцати дней'],
    [
      'Latin letters that nobody names',
      'text/html',
      framed(Buffer.from('Öffnungszeiten für Gäste', 'latin1')),
      'für Gäste',
    ],
  ])('a page in %s › read as it was meant', async (_name, type, body, words) => {
    await using site = await startSite((request, response) =>
      request.url === '/robots.txt'
        ? response.writeHead(404).end()
        : response.writeHead(200, { 'content-type': type }).end(body),
    )
    const bot = await makeBot(database)
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url: site.url }))
    expect((await passagesOf(bot)).join()).toContain(words)
  })

  test('an address inside › blocked, nothing fetched', async () => {
    const bot = await makeBot(database)
    const url = 'http://169.254.169.254/latest/meta-data/'
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url }))
    expect(await report(bot)).toMatchObject({ state: 'failed', reason: expect.stringContaining('public internet') })
  })

  test('a fault that may pass › tried again, with what was read before still answering; given up › failed', async () => {
    let status = 200
    await using site = await startSite((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(page('Hours', 'Open from nine to five.')),
    )
    const bot = await makeBot(database)
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url: site.url })
    await ingest(bot, sourceId)
    status = 503
    await ingest(bot, sourceId)
    expect(await report(bot)).toMatchObject({ state: 'queued', reason: expect.stringContaining('still answers') })
    expect(await passagesOf(bot)).toEqual(['Open from nine to five.'])
    for (let tries = 1; tries < 5; tries++) {
      await database.db.execute(sql`update pages set not_before = now() where bot_id = ${bot.botId}`)
      await ingest(bot, sourceId)
    }
    expect(await report(bot)).toMatchObject({ state: 'failed', reason: expect.stringContaining('503') })
    expect(await passagesOf(bot)).toEqual(['Open from nine to five.'])
  })

  test('an embedding model that fails › tried again, the old passages stay whole', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns } as const
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, draft)
    await ingest(bot, sourceId)
    const before = await passagesOf(bot)
    const changed = { ...draft, content: `${returns}\n\nSale goods too.` }
    expect(await addSource(database, bot.workspaceId, bot.botId, changed)).toBe(sourceId)
    const down: EmbeddingModel = {
      ...wordEmbeddings,
      embed: async () => {
        throw new ModelError('llm_unavailable', 'down')
      },
    }
    await ingest(bot, sourceId, down)
    expect(await report(bot)).toMatchObject({ state: 'queued', reason: expect.stringContaining('embedding model') })
    expect(await passagesOf(bot)).toEqual(before)
    await database.db.execute(sql`update pages set not_before = now() where bot_id = ${bot.botId}`)
    await ingest(bot, sourceId)
    expect((await passagesOf(bot)).join()).toContain('Sale goods too.')
  })

  test('a bot that is given another embedding model is indexed anew with it, once', async () => {
    const bot = await makeBot(database)
    const { rows } = await database.db.execute<{ name: string }>(sql`select name from bots where id = ${bot.botId}`)
    const save = (embeddingModel: string | null) =>
      saveBot(database, bot.workspaceId, { name: rows[0]?.name ?? '', embeddingModel }, bot.botId)
    const queued = async () => {
      const found = await database.db.execute(sql`
        select from pgboss.job where data->>'kind' = 'reindex-bot' and data->'data'->>'botId' = ${bot.botId}`)
      return found.rows.length
    }
    const before = await queued()
    await save('openai:text-embedding-3-small')
    await save('openai:text-embedding-3-small')
    expect(await queued()).toBe(before + 1)
    expect(await embeddingChoiceOf(database, bot.workspaceId, bot.botId)).toMatchObject({
      embeddingModel: 'openai:text-embedding-3-small',
    })
    await save(null)
    expect(await queued()).toBe(before + 2)
  })

  test('adding the same again changes nothing; an owner of another workspace sees and removes nothing', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns } as const
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, draft)
    await ingest(bot, sourceId)
    expect(await addSource(database, bot.workspaceId, bot.botId, draft)).toBe(sourceId)
    expect(await report(bot)).toMatchObject({ state: 'ready' })

    const stranger = await makeBot(database)
    expect(await listSources(database, stranger.workspaceId, bot.botId)).toEqual([])
    await removeSource(database, stranger.workspaceId, bot.botId, sourceId)
    expect(await report(bot)).toMatchObject({ state: 'ready' })
    expect(await passagesOf(bot)).toHaveLength(2)
  })

  test('a removed source takes its pages, passages and postings along, also if it was just being read', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns } as const
    const sourceId = await addSource(database, bot.workspaceId, bot.botId, draft)
    await ingest(bot, sourceId, {
      ...wordEmbeddings,
      embed: async (texts, kind) => {
        await removeSource(database, bot.workspaceId, bot.botId, sourceId)
        return wordEmbeddings.embed(texts, kind)
      },
    })
    const second = await addSource(database, bot.workspaceId, bot.botId, draft)
    await ingest(bot, second)
    expect(await passagesOf(bot)).toHaveLength(2)
    await removeSource(database, bot.workspaceId, bot.botId, second)
    expect(await report(bot)).toBeUndefined()
    for (const table of ['pages', 'passages', 'passage_vectors', 'postings']) {
      const { rows } = await database.db.execute(
        sql`select 1 from ${sql.identifier(table)} where bot_id = ${bot.botId}`,
      )
      expect(rows, table).toEqual([])
    }
  })

  test('another embedding model › the bots indexed with the first one are indexed anew, from the stored text', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns } as const
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, draft))
    const other: EmbeddingModel = { ...wordEmbeddings, space: { ...wordEmbeddings.space, model: 'other words' } }
    await using ports = ingestPorts(database, other)
    const waiting = async () => {
      const { rows } = await database.db.execute(sql`
        select 1 from pgboss.job where data->>'kind' = 'reindex-bot' and data->'data'->>'botId' = ${bot.botId}`)
      return rows.length
    }
    await reindexAfterChange(ports)
    expect(await waiting()).toBe(1)
    await botReindexing(ports).run(bot, new AbortController().signal)
    await reindexAfterChange(ports)
    expect(await waiting()).toBe(1)
    expect(await passagesOf(bot)).toHaveLength(2)
    const asking = { ...database, embeddings: other, log: silentLog }
    const question = { question: 'When can goods be returned after delivery?', history: [] }
    const { passages } = await search(asking, bot.workspaceId, bot.botId, question)
    expect(passages[0]?.cosine).toBeGreaterThan(0)
  })

  test('another embedding model › a page that is read with the first one meanwhile is indexed anew at the next try', async () => {
    const bot = await makeBot(database)
    const draft = { kind: 'text', title: 'Returns', content: returns } as const
    await ingest(bot, await addSource(database, bot.workspaceId, bot.botId, draft))
    const late = await addSource(database, bot.workspaceId, bot.botId, { ...draft, title: 'Late returns' })
    let tries = 0
    await using ports = ingestPorts(database, {
      ...wordEmbeddings,
      space: { ...wordEmbeddings.space, model: 'later words' },
      embed: async (texts, kind) => {
        if (kind === 'passage' && tries === 1) await ingest(bot, late)
        return wordEmbeddings.embed(texts, kind)
      },
    })
    const reindex = () => {
      tries++
      return botReindexing(ports).run(bot, new AbortController().signal)
    }
    const spaces = async () => {
      const { rows } = await database.db.execute<{ model: string }>(sql`
        select distinct s.model from passage_vectors v join embedding_spaces s on s.id = v.space_id
        where v.bot_id = ${bot.botId} order by s.model`)
      return rows.map(({ model }) => model)
    }
    await expect(reindex()).rejects.toThrow('meanwhile')
    expect(await spaces()).toEqual(['later words', 'words'])
    await reindex()
    expect(await spaces()).toEqual(['later words'])
  })

  test('jobs › a source that is added becomes ready and its bot calibrated, and one broken source does not stop it', async () => {
    const bot = await makeBot(database)
    await using _worker = await startIngesting(database)
    await addSource(database, bot.workspaceId, bot.botId, { kind: 'url', url: 'http://10.0.0.1/' })
    await addSource(database, bot.workspaceId, bot.botId, { kind: 'text', title: 'Returns', content: returns })
    await vi.waitFor(
      async () => {
        const states = (await listSources(database, bot.workspaceId, bot.botId)).map(({ state }) => state)
        expect(states.sort()).toEqual(['failed', 'ready'])
        const { rows } = await database.db.execute(
          sql`select 1 from bot_indexes where bot_id = ${bot.botId} and low_fused is not null`,
        )
        expect(rows).toHaveLength(1)
      },
      { timeout: 55_000, interval: 100 },
    )
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../../testing/app.ts'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { textOf } from '../../testing/http.ts'
import { readGuide } from '../guide/guide.ts'
import { isIdle } from '../platform/jobs/jobs.ts'
import { addSource, listSources } from '../sources/sources.ts'
import { startWorker } from '../worker.ts'
import { demoQuestions, openDemo, seedDemo } from './demo.ts'

describe.each(lanes)('the demo on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const ports = () => ({ db: database.db, publicUrl: 'https://chat.example.com:8443' })
  async function queued(): Promise<number> {
    const { rows } = await database.db.execute<{ n: number }>(
      sql`select count(*)::int as n from pgboss.job where data->>'kind' = 'ingest-source'`,
    )
    return rows[0]?.n ?? 0
  }

  it('has one key, locked to the server’s own hosts, also when several processes make it', async () => {
    const [one, other] = await Promise.all([openDemo(ports()), openDemo(ports())])
    expect(one).toEqual(other)
    const { rows } = await database.db.execute(
      sql`select k.domains, w.plan from keys k join workspaces w on w.id = k.workspace_id`,
    )
    expect(rows).toEqual([{ domains: ['chat.example.com', '127.0.0.1', 'localhost', '[::1]'], plan: 'unlimited' }])
  })

  it('knows each page of the guide, and reads again what has changed', async () => {
    const pages = await readGuide()
    await seedDemo(ports())
    expect(await queued()).toBe(pages.length)
    await seedDemo(ports())
    expect(await queued()).toBe(pages.length)

    const { workspaceId, botId } = await openDemo(ports())
    await database.db.execute(sql`update sources set content = 'as it was' where url = '/docs/keys/'`)
    await addSource(ports(), workspaceId, botId, {
      kind: 'markdown',
      title: 'Old',
      content: 'Gone by now.',
      url: '/docs/old/',
    })
    await seedDemo(ports())
    expect(await queued()).toBe(pages.length + 2)
    const urls = (await listSources(ports(), workspaceId, botId)).map(({ url }) => url)
    expect(urls.sort()).toEqual(pages.map((page) => page.path).sort())
  })
})

describe.each(lanes.slice(0, 1))('the demo’s bot, without key and network, on $name', (lane) => {
  let app: TestApp
  const stack = new AsyncDisposableStack()
  beforeAll(async () => {
    app = stack.use(
      await startApp(lane, { env: { MEVICHAT_CHAT_MODEL: 'built-in', MEVICHAT_EMBEDDING_MODEL: 'built-in' } }),
    )
    stack.use(await startWorker(app.ports))
    await seedDemo(app.ports)
    while (!(await isIdle(app.ports.db))) await new Promise((resolve) => setTimeout(resolve, 100))
  }, 300_000)
  afterAll(() => stack.disposeAsync())

  async function ask(message: string) {
    const { publicKey } = await openDemo(app.ports)
    const { events } = await app.chat(
      { public_key: publicKey, session_id: randomUUID(), message },
      { origin: 'http://localhost' },
    )
    const citations: { index: number; url: string }[] =
      events.find(({ event }) => event === 'citations')?.data.citations ?? []
    return { text: textOf(events), citations }
  }

  it.each([
    ['keys', 'domains that its owner has listed'],
    ['quotas', 'no model is called'],
    ['answers', 'no passage comes near enough'],
  ] as const)('answers its question about %s from the page that says it', async (page, words) => {
    const { text, citations } = await ask(demoQuestions[page])
    expect(text).toContain(words)
    expect(citations[0]?.url).toContain(`/docs/${page}/#:~:text=`)
    const numbers = citations.map(({ index }) => `[${index}]`)
    for (const [marker] of text.matchAll(/\[\d+\]/g)) expect(numbers).toContain(marker)
  })

  it('says that it does not know what the guide does not say', async () => {
    const { text, citations } = await ask('Who won the football world cup in 1998?')
    expect(text).toMatch(/^I don’t know/)
    expect(citations).toEqual([])
  })
})

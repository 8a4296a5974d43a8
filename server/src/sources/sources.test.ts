import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { makeBot } from '../../testing/ingesting.ts'
import { addSource, listSources, type SourceDraft } from './sources.ts'

describe.each(lanes)('$name › addSource', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const text = { kind: 'text', title: 'Hours', content: 'Nine to five.' } as const

  const refused: [string, SourceDraft][] = [
    ['a file', { kind: 'url', url: 'file:///etc/passwd' }],
    ['a script', { kind: 'url', url: 'javascript:alert(1)' }],
    ['no address', { kind: 'url', url: 'example.com' }],
    ['an address of 3,000 characters', { kind: 'url', url: `https://example.com/${'a'.repeat(3_000)}` }],
    ['no title', { ...text, title: ' ' }],
    ['a title of 301 characters', { ...text, title: 'a'.repeat(301) }],
    ['no text', { ...text, content: '\n\0 ' }],
    ['two million and one characters', { ...text, content: 'a'.repeat(2_000_001) }],
    ['a link to a script', { ...text, url: 'javascript:alert(1)' }],
  ]
  test.each(refused)('%s › invalid_request, and nothing is stored', async (_name, draft) => {
    const { workspaceId, botId } = await makeBot(database)
    await expect(addSource(database, workspaceId, botId, draft)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await listSources(database, workspaceId, botId)).toEqual([])
  })

  test.each([
    ['/docs/hours#sunday', '/docs/hours'],
    ['/docs/../keys?a=b', '/keys?a=b'],
    ['//evil.example/x', null],
    ['/\\evil.example/x', null],
    ['https://example.com/hours#top', 'https://example.com/hours'],
  ])('the link %s › %s', async (url, stored) => {
    const { workspaceId, botId } = await makeBot(database)
    const adding = addSource(database, workspaceId, botId, { ...text, url })
    if (stored === null) await expect(adding).rejects.toMatchObject({ code: 'invalid_request' })
    else {
      await adding
      expect(await listSources(database, workspaceId, botId)).toMatchObject([{ url: stored }])
    }
  })

  test('NUL and halves of surrogate pairs do not reach the database', async () => {
    const { workspaceId, botId } = await makeBot(database)
    await addSource(database, workspaceId, botId, { kind: 'text', title: 'a\0b', content: 'c\ud800d' })
    expect(await listSources(database, workspaceId, botId)).toMatchObject([{ title: 'ab' }])
  })

  test('Markdown without a title or an address is known by its content', async () => {
    const { workspaceId, botId } = await makeBot(database)
    for (const content of ['# One', '# Two', '# One'])
      await addSource(database, workspaceId, botId, { kind: 'markdown', content })
    expect(await listSources(database, workspaceId, botId)).toHaveLength(2)
  })

  test('a question that is asked again has the new answer, and is one source', async () => {
    const { workspaceId, botId } = await makeBot(database)
    const pair = { kind: 'qa', question: 'When are you open?', answer: 'Nine to five.' } as const
    const id = await addSource(database, workspaceId, botId, pair)
    expect(await addSource(database, workspaceId, botId, { ...pair, answer: 'Eight to four.' })).toBe(id)
  })

  test('two that add the same at the same time make one', async () => {
    const { workspaceId, botId } = await makeBot(database)
    const ids = await Promise.all([1, 2, 3].map(() => addSource(database, workspaceId, botId, text)))
    expect(new Set(ids).size).toBe(1)
  })

  test('the same text under another title, and the same title under another bot, are sources of their own', async () => {
    const { workspaceId, botId } = await makeBot(database)
    const other = await makeBot(database)
    await addSource(database, workspaceId, botId, text)
    await addSource(database, workspaceId, botId, { ...text, title: 'Opening hours' })
    await addSource(database, other.workspaceId, other.botId, text)
    expect(await listSources(database, workspaceId, botId)).toHaveLength(2)
    expect(await listSources(database, other.workspaceId, other.botId)).toHaveLength(1)
  })
})

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { type Answer, openStream, type SendOptions } from '../../server/testing/http.ts'
import { startIngesting } from '../../server/testing/ingesting.ts'
import { pageOf, startWebsite, type Website } from '../../server/testing/website.ts'
import { bearer, expectRefusal, get, useApp } from './scene.ts'

describe('/api/workspaces/…/bots/…/sources/', () => {
  const app = useApp()
  let tenant: Tenant
  let token: string
  let site: Website
  let base: string

  beforeEach(async () => {
    tenant = await app().tenant()
    token = (await app().member(tenant.workspaceId, 'editor')).token
    base = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`
    site = await startWebsite({
      '/': pageOf('Home', ['/a', '/missing']),
      '/a': pageOf('A', [], 'Parcels are sent on Tuesdays.'),
    })
  })
  afterEach(() => site[Symbol.asyncDispose]())

  const call = (method: string, path: string, body?: SendOptions['body'], headers = {}): Promise<Answer> =>
    get(app(), path, { method, headers: { ...bearer(token), ...headers }, ...(body !== undefined && { body }) })

  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  const json = ({ json }: Answer): any => json

  async function add(body: object): Promise<string> {
    const answer = await call('POST', base, body)
    expect(answer.status).toBe(201)
    return `${base}${json(answer).id}/`
  }

  async function ready(source: string): Promise<void> {
    await vi.waitFor(async () => expect(json(await call('GET', source)).state).toBe('ready'), {
      timeout: 40_000,
      interval: 200,
    })
  }

  it('a website is added, read with its progress told, looked at page by page, and removed', async () => {
    const source = await add({ kind: 'website', url: `${site.url}/`, settings: { exclude: ['/private/*'] } })
    const stream = await openStream(`${app().url}${source}progress/`, { method: 'GET', headers: bearer(token) })
    expect(await stream.until('progress')).toMatchObject({ data: { state: 'queued', pages: { queued: 1 } } })
    await using _worker = await startIngesting(app().database)
    expect((await stream.until('done')).data).toMatchObject({
      state: 'ready',
      seconds_left: 0,
      pages: { indexed: 2, failed: 1, queued: 0 },
    })
    await stream.ended

    expect(json(await call('GET', base)).sources).toMatchObject([
      { kind: 'website', settings: { exclude: ['/private/*'] }, state: 'ready', pages: { indexed: 2, failed: 1 } },
    ])
    const { pages, next_cursor } = json(await call('GET', `${source}pages/`))
    expect([pages.length, next_cursor]).toEqual([3, null])
    expect(json(await call('GET', `${source}pages/?state=failed`)).pages).toMatchObject([
      {
        address: `${site.url}/missing`,
        problem: 'not_found',
        reason: expect.stringContaining('no page'),
        http_status: 404,
      },
    ])
    const page = pages.find(({ title }: { title: string }) => title === 'A')
    expect(json(await call('GET', `${source}pages/${page.id}/`))).toMatchObject({
      state: 'indexed',
      markdown: expect.stringContaining('Tuesdays'),
      passages: [{ headings: ['A'], text: 'Parcels are sent on Tuesdays.' }],
    })
    expect(json(await call('GET', `${source}syncs/`)).syncs).toMatchObject([
      {
        state: 'ready',
        added: 2,
        failed: 1,
        changes: [{ change: 'added' }, { change: 'added', url: `${site.url}/a` }],
      },
    ])

    expect((await call('DELETE', `${source}pages/${page.id}/`)).status).toBe(204)
    expectRefusal(await call('GET', `${source}pages/${page.id}/`), 404, 'not_found')
    expect((await call('POST', `${source}sync/`)).status).toBe(202)
    await ready(source)
    expect(json(await call('GET', `${source}pages/`)).pages).toHaveLength(2)

    expect((await call('DELETE', source)).status).toBe(204)
    expectRefusal(await call('GET', source), 404, 'not_found')
  })

  it('a sync is paused, goes on, and is called off', async () => {
    const source = await add({ kind: 'website', url: `${site.url}/` })
    expect(json(await call('POST', `${source}pause/`)).state).toBe('paused')
    await using _worker = await startIngesting(app().database)
    expect(json(await call('POST', `${source}sync/`)).state).toBe('paused')
    expect(json(await call('POST', `${source}resume/`)).state).toBe('queued')
    await ready(source)
    for (const action of ['pause', 'resume', 'cancel'])
      expectRefusal(await call('POST', `${source}${action}/`), 409, 'sync_not_running')
    expect((await call('POST', `${source}sync/`)).status).toBe(202)
    expect(json(await call('POST', `${source}cancel/`)).state).toBe('cancelled')
  })

  it('every kind that can be written down is added', async () => {
    const kinds = [
      { kind: 'url', url: site.url },
      { kind: 'sitemap', url: `${site.url}/sitemap.xml` },
      { kind: 'text', title: 'Hours', content: 'Nine to five.' },
      { kind: 'markdown', content: '# Hours' },
      { kind: 'qa', question: 'When are you open?', answer: 'Nine to five.' },
    ]
    for (const body of kinds) await add(body)
    const { sources } = json(await call('GET', base))
    expect(sources.map(({ kind }: { kind: string }) => kind).sort()).toEqual(kinds.map(({ kind }) => kind).sort())
  })

  it('the list comes whole, or page by page', async () => {
    for (let n = 1; n <= 5; n++) await add({ kind: 'text', title: `Text ${n}`, content: `Content ${n}.` })
    const titles = (answer: Answer) => json(answer).sources.map(({ title }: { title: string }) => title)
    const all = await call('GET', base)
    expect([titles(all).length, json(all).next_cursor]).toEqual([5, null])
    const read: string[] = []
    let cursor = ''
    for (let page = 0; page < 3; page++) {
      const answer = await call('GET', `${base}?limit=2${cursor && `&cursor=${cursor}`}`)
      read.push(...titles(answer))
      cursor = json(answer).next_cursor
    }
    expect([read, cursor]).toEqual([titles(all), null])
    for (const wrong of [
      'cursor=x',
      'limit=0',
      'limit=101',
      `cursor=${Buffer.from('["1","x"]').toString('base64url')}`,
    ])
      expect(await call('GET', `${base}?${wrong}`)).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
  })

  it('a schedule sets the time of the next sync, and off takes it away', async () => {
    const source = await add({ kind: 'website', url: `${site.url}/` })
    const change = { schedule: 'weekly', settings: { max_pages: 5 } }
    expectRefusal(await call('PATCH', source, change), 428, 'precondition_required')
    const read = { 'if-match': String((await call('GET', source)).headers.etag) }
    const weekly = json(await call('PATCH', source, change, read))
    expect(weekly).toMatchObject({ schedule: 'weekly', settings: { max_pages: 5 } })
    expect(Date.parse(weekly.next_sync_at) - Date.now()).toBeGreaterThan(6 * 86_400_000)
    expectRefusal(await call('PATCH', source, { schedule: 'off' }, read), 412, 'changed_meanwhile')
    expect(json(await call('PATCH', source, { schedule: 'off' }, { 'if-match': '*' })).next_sync_at).toBeNull()
  })

  it.each([
    ['no kind', { url: 'https://example.com' }],
    ['a file', { kind: 'file', file: { id: '../../etc/passwd', name: 'x', bytes: 1, type: 'text/plain' } }],
    ['another scheme', { kind: 'website', url: 'file:///etc/passwd' }],
    ['a pattern without a slash', { kind: 'website', url: 'https://example.com', settings: { include: ['docs'] } }],
    ['a setting nobody knows', { kind: 'website', url: 'https://example.com', settings: { depth: 2 } }],
    ['a cap of none', { kind: 'sitemap', url: 'https://example.com', settings: { max_pages: 0 } }],
    ['a question without an answer', { kind: 'qa', question: 'When?', answer: ' ' }],
    ['NUL alone', { kind: 'text', title: '\0', content: 'x' }],
  ])('400 invalid_request for %s', async (_name, body) => {
    expect(await call('POST', base, body)).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    const { rows } = await app().ports.db.execute(sql`select from sources where bot_id = ${tenant.botId}`)
    expect(rows).toEqual([])
  })

  it('404 not_found for a bot, a source or a page that is not there, or is another’s', async () => {
    const other = await app().tenant()
    const source = await add({ kind: 'text', title: 'Hours', content: 'Nine to five.' })
    const id = source.slice(base.length, -1)
    for (const path of [
      `/api/workspaces/${tenant.workspaceId}/bots/${other.botId}/sources/`,
      `/api/workspaces/${other.workspaceId}/bots/${other.botId}/sources/`,
      `/api/workspaces/${tenant.workspaceId}/bots/${randomUUID()}/sources/${id}/`,
      `${base}${randomUUID()}/`,
      `${base}..%2f/`,
      `${source}pages/${randomUUID()}/`,
    ])
      expectRefusal(await call('GET', path), 404, 'not_found')
  })
})

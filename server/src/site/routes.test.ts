import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { type Answer, send } from '../../testing/http.ts'
import { prove } from '../chat/citations.ts'
import { type GuidePage, readDocs, readGuide } from '../guide/guide.ts'
import { createHttpApp, type HttpApp } from '../platform/http/app.ts'
import type { PageId } from '../platform/id.ts'
import { silentLog } from '../platform/log.ts'
import { splitSentences } from '../platform/models/sentences.ts'
import { openDemo } from '../seed/demo.ts'
import { addSiteRoutes } from './routes.ts'

const publicUrl = 'https://chat.example.com'
const [lane] = lanes
let database: TestDatabase
let widget: string
let dashboard: string
const apps: HttpApp[] = []

beforeAll(async () => {
  if (!lane) throw new Error('no lane')
  database = await lane.open()
  widget = mkdtempSync(join(tmpdir(), 'mevichat-widget-'))
  mkdirSync(join(widget, 'widget'))
  writeFileSync(join(widget, 'widget.js'), `// the loader\n${'x'.repeat(5_000)}`)
  writeFileSync(join(widget, 'widget/panel-1a2b3c.js'), 'export const panel = 1')
  writeFileSync(join(widget, 'secret.js'), 'never')
  dashboard = mkdtempSync(join(tmpdir(), 'mevichat-dashboard-'))
  mkdirSync(join(dashboard, 'assets'))
  writeFileSync(
    join(dashboard, 'index.html'),
    '<script type="module" nonce="{{nonce}}" src="/app/assets/a.js"></script>',
  )
  writeFileSync(join(dashboard, 'assets/a.js'), 'export {}')
})
afterAll(async () => {
  for (const app of apps) await app.close()
  await database[Symbol.asyncDispose]()
  for (const folder of [widget, dashboard]) rmSync(folder, { recursive: true })
})

async function start({ isDemo = true } = {}): Promise<string> {
  const app = createHttpApp({ log: silentLog })
  const ports = { db: database.db, log: silentLog, publicUrl }
  const folders = { widgetFolder: pathToFileURL(`${widget}/`), dashboardFolder: pathToFileURL(`${dashboard}/`) }
  await addSiteRoutes(app, ports, { isDemo, ...folders })
  await app.listen({ port: 0, host: '127.0.0.1' })
  apps.push(app)
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

describe('the site', () => {
  let url: string
  beforeAll(async () => {
    url = await start()
  })
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => send(url + path, { headers })

  it('GET / › the demo with the key of its bot', async () => {
    const { publicKey } = await openDemo({ db: database.db, publicUrl })
    const { status, headers, body } = await get('/')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(body).toContain(`data-public-key="${publicKey}"`)
    expect(body).not.toContain('{{')
  })

  it('GET / › 302 to the dashboard without the demo, and a guide without a chat', async () => {
    const bare = await start({ isDemo: false })
    const { status, headers } = await send(`${bare}/`)
    expect([status, headers.location]).toEqual([302, '/app/'])
    expect((await send(`${bare}/docs/`)).body).not.toContain('data-public-key')
  })

  it.each(['/', '/docs/', '/docs/keys/', '/docs/no-such-page/'])(
    'GET %s › a policy under which nothing foreign loads and nothing inline runs',
    async (path) => {
      const { headers, body } = await get(path)
      const policy = String(headers['content-security-policy'])
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
      ]) {
        expect(policy.split('; ')).toContain(part)
      }
      expect(policy).not.toContain('unsafe')
      expect(body).not.toMatch(
        /<script(?![^>]*\ssrc="\/)|\sstyle="|\son\w+="|<(script|link|img)[^>]*(src|href)="(https?:)?\/\//,
      )
      expect(headers['x-content-type-options']).toBe('nosniff')
    },
  )

  it('GET /app/… › one page for every address, whose scripts run by a nonce that is new each time', async () => {
    const [one, other] = [await get('/app/'), await get('/app/some/deep/place')]
    const nonces = [one, other].map(({ headers, body }) => {
      const policy = String(headers['content-security-policy'])
      const nonce = /script-src 'nonce-([\w+/=]{20,})' 'strict-dynamic';/.exec(policy)?.[1] ?? 'none'
      expect(body).toContain(`nonce="${nonce}"`)
      expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/)
      expect(policy.split('; ')).toEqual(
        expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]),
      )
      expect(headers['cache-control']).toBe('no-store')
      return nonce
    })
    expect(new Set(nonces).size).toBe(2)
    expect((await get('/app/assets/a.js')).headers['cache-control']).toContain('immutable')
    expect((await get('/app/assets/..%2findex.html')).status).toBe(404)
  })

  it.each(['/', '/docs/', '/docs/quotas/', '/widget.js', '/site/docs.css', '/favicon.svg'])(
    'GET %s › 304 to whoever has it',
    async (path) => {
      const first = await get(path)
      expect(first.status).toBe(200)
      const etag = String(first.headers.etag)
      for (const known of [etag, `"other", ${etag}`, etag.replace('W/', '')]) {
        const again = await get(path, { 'if-none-match': known })
        expect([again.status, again.body]).toEqual([304, ''])
      }
      expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    },
  )

  it('GET /docs/:page/ › every page of the guide and the reference, listed on each', async () => {
    const pages = await readDocs()
    expect(pages.map((page) => page.name)).toEqual(expect.arrayContaining(['index', 'keys', 'quotas', 'settings']))
    for (const page of pages) {
      const { status, body } = await get(page.path)
      expect([page.path, status]).toEqual([page.path, 200])
      expect(body).toContain('<h1 id=')
      for (const other of pages) expect(body).toContain(`href="${other.path}"`)
    }
  })

  it('GET /docs/:page/ › 404 as a page for one that is not there, and never a file', async () => {
    for (const name of ['no-such-page', '..%2f..%2fREADME', 'keys.md', '__proto__', 'constructor']) {
      const { status, body } = await get(`/docs/${name}/`)
      expect([name, status]).toEqual([name, 404])
      expect(body).not.toContain('# ')
    }
  })

  it('GET /widget.js › for the pages of others, kept for five minutes, compressed', async () => {
    const plain = await get('/widget.js')
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Accept-Encoding',
    })
    for (const [accepted, encoding, unpack] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['br;q=0, gzip', 'gzip', gunzipSync],
    ] as const) {
      const response = await fetch(`${url}/widget.js`, { headers: { 'accept-encoding': accepted } })
      expect(response.headers.get('content-encoding')).toBe(encoding)
      expect(await response.text()).toBe(plain.body)
      expect(unpack).toBeTypeOf('function')
    }
  })

  it('GET /widget/:file › kept for good', async () => {
    const { status, headers, body } = await get('/widget/panel-1a2b3c.js')
    expect([status, body]).toEqual([200, 'export const panel = 1'])
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
    })
  })

  it.each([
    '/widget/no-such.js',
    '/widget/..%2fsecret.js',
    '/widget/%2e%2e%2fwidget.js',
    '/site/..%2fpackage.json',
    '/site/.env',
    '/site/no-such.css',
  ])('GET %s › 404, not to be kept', async (path) => {
    const { status, headers, json } = await get(path)
    expect([status, json, headers['cache-control']]).toEqual([404, { error: 'not_found' }, 'no-store'])
  })

  it.each(['/', '/docs/', '/docs/keys/', '/widget.js'])('POST %s › 405 with Allow', async (path) => {
    const { status, headers } = await send(url + path, { method: 'POST' })
    expect([status, headers.allow]).toEqual([405, 'GET'])
  })
})

describe('the guide', () => {
  it('lists every page in its index', async () => {
    expect((await readGuide()).filter((page) => page.group === 'More')).toEqual([])
  })

  it('has no link that leads nowhere', async () => {
    const pages = await readDocs()
    const paths = new Set([...pages.map((page) => page.path), '/app/', '/'])
    for (const page of pages) {
      const links = [...page.markdown.matchAll(/\]\((?!https?:)([^)#]*)/g)].map(([, path]) => path)
      expect([page.name, links.filter((path) => path && !paths.has(path))]).toEqual([page.name, []])
    }
  })

  it('is found by the text of every quote’s link', async () => {
    const url = await start()
    const lost: string[] = []
    for (const page of await readGuide()) {
      const blocks = textBlocks((await send(url + page.path)).body)
      for (const { text } of splitSentences(page.markdown)) {
        const parts = directiveOf(page, text)
        if (!parts.every((part) => blocks.some((block) => block.includes(part)))) lost.push(`${page.name}: ${text}`)
      }
    }
    expect(lost).toEqual([])
  })
})

/** What the browser is told to look for when this sentence is cited. */
function directiveOf(page: GuidePage, sentence: string): string[] {
  const passage = {
    id: 1,
    pageId: '' as PageId,
    title: page.title,
    url: page.path,
    headings: [],
    text: sentence,
    score: 1,
    cosine: 1,
    lexical: 1,
    isPair: false,
    page: null,
    pageStarts: [],
  }
  const link = prove(`${sentence.replaceAll('\n', ' ')} [1]`, [passage], publicUrl)[0]?.url ?? ''
  return (link.split('#:~:text=')[1] ?? '').split(',').map(decodeURIComponent)
}

/** The page's text as a browser searches it: block by block. */
function textBlocks(html: string): string[] {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' }
  return html
    .replace(/<\/?(?:a|code|em|strong)\b[^>]*>/g, '')
    .split(/<[^>]+>/)
    .map((text) => text.replace(/&\w+;/g, (entity) => entities[entity] ?? entity).replace(/\s+/g, ' '))
}

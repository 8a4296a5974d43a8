import { randomUUID } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import { sql } from 'drizzle-orm'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { removeUnusedAvatars, saveBot } from '../../server/src/bots/bots.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { type Answer, parseEvents, type SendOptions, send, textOf } from '../../server/testing/http.ts'
import { bearer, callsTo, get, knowing, post, question, replying, useApp } from './scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers whose shape the server has checked
const json = (answer: Answer): any => answer.json
const etagOf = ({ headers }: Answer) => String(headers.etag)

describe.each(lanes)('bots on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  let token: string
  let base: string
  beforeAll(async () => {
    tenant = await app().tenant()
    token = (await app().member(tenant.workspaceId, 'editor')).token
    base = `/api/workspaces/${tenant.workspaceId}/bots/`
  })

  function call(method: string, path: string, options: SendOptions & { match?: string; as?: string } = {}) {
    const { match, as = token, ...rest } = options
    const headers = { ...bearer(as), ...(match && { 'if-match': match }), ...rest.headers }
    return send(app().url + path, { ...rest, method, headers })
  }
  async function made(body: object = {}): Promise<string> {
    const answer = await call('POST', base, { body: { name: 'Made', ...body } })
    expect([answer.status, answer.body]).toEqual([201, expect.any(String)])
    return `${base}${json(answer).id}/`
  }
  /** Changes what stands. */
  async function change(method: string, path: string, body?: object | Buffer, read = `${path.split('/bots/')[0]}`) {
    const seen = await call('GET', read)
    return call(method, path, { match: etagOf(seen), ...(body && { body }) })
  }
  const edit = (bot: string, body: object) => change('PATCH', `${bot}draft/`, body, `${bot}draft/`)
  const publish = (bot: string) => change('POST', `${bot}publish/`, undefined, `${bot}draft/`)

  it('POST makes a bot whose first version is live, and GET and the list show it', async () => {
    const bot = await made({ name: 'Ada', tone: 'Warm.', answer_language: 'de', theme: { accent: '#0f766e' } })
    const one = json(await call('GET', bot))
    expect(one).toMatchObject({ name: 'Ada', version: 1, has_draft: false, is_enabled: true, retention_days: null })
    expect(one.settings).toMatchObject({ tone: 'Warm.', answer_language: 'de', citations: true })
    const { versions } = json(await call('GET', `${bot}versions/`))
    expect(versions).toMatchObject([{ number: 1, is_live: true, published_by: { id: expect.any(String) } }])
    expect(json(await call('GET', `${base}?q=ADA`)).bots).toMatchObject([{ name: 'Ada' }])
  })

  it('GET pages by name, newest and oldest, and every bot once', async () => {
    const own = await app().tenant()
    const { token: as } = await app().member(own.workspaceId, 'viewer')
    for (const name of ['c', 'B', 'a']) await saveBot(app().ports, own.workspaceId, { name })
    const path = `/api/workspaces/${own.workspaceId}/bots/`
    for (const [sort, names] of [
      ['name', ['a', 'B', 'Bot', 'c']],
      ['newest', ['a', 'B', 'c', 'Bot']],
      ['oldest', ['Bot', 'c', 'B', 'a']],
    ]) {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: { bots: { name: string }[]; next_cursor: string | null } = json(
          await call('GET', `${path}?sort=${sort}&limit=1${cursor && `&cursor=${cursor}`}`, { as }),
        )
        seen.push(...page.bots.map(({ name }) => name))
        cursor = page.next_cursor
      }
      expect(seen).toEqual(names)
    }
    for (const bad of ['sort=created_at', 'cursor=x', 'limit=0', 'q=%00'])
      expect((await call('GET', `${path}?${bad}`, { as })).status).toBe(400)
  })

  it('a draft is saved apart, published as the next version, and any version comes back into the draft', async () => {
    const bot = await made({ greeting: 'One' })
    expect(json(await edit(bot, { greeting: 'Two' }))).toMatchObject({ version: 1, changed: ['greeting'] })
    expect(json(await call('GET', bot))).toMatchObject({ has_draft: true, settings: { greeting: 'One' } })
    expect(json(await publish(bot))).toMatchObject({ version: 2, changed: [], settings: { greeting: 'Two' } })
    expect(json(await call('GET', bot))).toMatchObject({ has_draft: false, version: 2, settings: { greeting: 'Two' } })
    expect(json(await publish(bot))).toMatchObject({ error: 'conflict', detail: expect.any(String) })

    const restored = await change('POST', `${bot}versions/1/restore/`, undefined, `${bot}draft/`)
    expect(json(restored)).toMatchObject({ version: 2, changed: ['greeting'], settings: { greeting: 'One' } })
    expect(json(await publish(bot))).toMatchObject({ version: 3 })
    const { versions } = json(await call('GET', `${bot}versions/?limit=2`))
    expect(versions.map(({ number }: { number: number }) => number)).toEqual([3, 2])
    expect(json(await call('GET', `${bot}versions/?cursor=2`)).versions).toMatchObject([{ number: 1, is_live: false }])
    expect(json(await call('GET', `${bot}versions/2/`)).settings.greeting).toBe('Two')
    expect((await call('GET', `${bot}versions/9/`)).status).toBe(404)

    await edit(bot, { greeting: 'Four' })
    expect(json(await change('DELETE', `${bot}draft/`, undefined, `${bot}draft/`))).toMatchObject({ changed: [] })
    await edit(bot, { greeting: 'Four' })
    expect(json(await edit(bot, { greeting: 'One' }))).toMatchObject({ changed: [] })
  })

  it('two editors at the same time: one is kept, the other is told; so with two who publish', async () => {
    const bot = await made()
    const match = etagOf(await call('GET', `${bot}draft/`))
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((greeting) => call('PATCH', `${bot}draft/`, { match, body: { greeting } })),
    )
    expect(edits.map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
    const edited = etagOf(await call('GET', `${bot}draft/`))
    const published = await Promise.all([1, 2, 3].map(() => call('POST', `${bot}publish/`, { match: edited })))
    expect(published.map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
    expect(json(await call('GET', `${bot}versions/`)).versions).toHaveLength(2)
    for (const [method, path] of [
      ['PATCH', 'draft/'],
      ['POST', 'publish/'],
      ['POST', 'versions/1/restore/'],
      ['DELETE', 'draft/'],
    ] as const)
      expect([path, (await call(method, bot + path, method === 'PATCH' ? { body: {} } : {})).status]).toEqual([
        path,
        428,
      ])
  })

  it('a version of before there were languages is shown and restored without any', async () => {
    const bot = await made({ translations: { de: { greeting: 'Hallo!' } } })
    const none = { suggested_questions: null, words: null }
    const { settings } = json(await call('GET', `${bot}versions/1/`))
    expect(settings.translations).toEqual({ de: { greeting: 'Hallo!', ...none } })
    const botId = bot.split('/').at(-2)
    await app().ports.db.execute(
      sql`update bot_versions set settings = settings - 'translations' where bot_id = ${botId}`,
    )
    expect(json(await call('GET', `${bot}versions/1/`)).settings.translations).toBeNull()
    const restored = await change('POST', `${bot}versions/1/restore/`, undefined, `${bot}draft/`)
    expect(json(restored)).toMatchObject({ changed: ['translations'], settings: { translations: null } })
  })

  it('no field is taken that is not the owner’s to set, and the row stays the same', async () => {
    const bot = await made()
    const row = async () =>
      (await app().ports.db.execute(sql`select * from bots where id = ${bot.split('/').at(-2)}`)).rows
    const before = await row()
    for (const field of ['workspace_id', 'id', 'version', 'draft', 'is_enabled', 'deleted_at', 'avatar_url', 'plan'])
      expect([field, (await edit(bot, { greeting: 'x', [field]: 'x' })).status]).toEqual([field, 400])
    for (const field of ['workspace_id', 'name', 'version', 'draft', 'deleted_at'])
      expect((await change('PATCH', bot, { is_enabled: false, [field]: 'x' }, bot)).status).toBe(400)
    for (const field of ['id', 'workspace_id', 'version', 'is_enabled'])
      expect((await call('POST', base, { body: { name: 'x', [field]: randomUUID() } })).status).toBe(400)
    expect(await row()).toEqual(before)
  })

  it.each([
    [{ name: ' ' }, 'name'],
    [{ name: 'a\0b' }, 'name'],
    [{ instructions: '\ud800' }, 'instructions'],
    [{ temperature: 3 }, 'temperature'],
    [{ chat_model: 'gpt' }, 'chat_model'],
    [{ answer_language: 'x-klingon' }, 'answer_language'],
    [{ theme: { accent: 'red' } }, 'theme.accent'],
    [{ words: { 'a b': 'x' } }, 'words'],
    [{ translations: { 'x y': {} } }, 'translations'],
    [{ translations: { it: {} } }, 'ar, de, en, es, fr, pt, zh'],
    [{ translations: { 'pt-br': {} } }, 'pt-BR'],
    [{ translations: { de: { greeting: '' } } }, 'translations.de.greeting'],
    [{ translations: { de: { name: 'x' } } }, 'translations.de'],
    [{ moderation_patterns: ['ok', '(?=a)'] }, 'Lookahead'],
    [{ moderation_patterns: ['a'.repeat(501)] }, '500 characters'],
    [{ moderation_patterns: ['([a-z ]{0,999})!'] }, 'steps'],
    [{ moderation_patterns: Array(51).fill('a') }, 'moderation_patterns'],
    [{ credential_id: randomUUID() }, 'credential_id: The workspace has no such credential.'],
  ])('%j is refused in words', async (body, words) => {
    const bot = await made()
    for (const answer of [await edit(bot, body), await call('POST', base, { body: { name: 'x', ...body } })])
      expect(json(answer)).toEqual({ error: 'invalid_request', detail: expect.stringContaining(words) })
  })

  it('a credential of another workspace is none', async () => {
    const other = await app().tenant()
    const id = randomUUID()
    await app().ports.db.execute(sql`insert into model_credentials (workspace_id, id, provider, name, sealed_key, last_four)
      values (${other.workspaceId}, ${id}, 'openai', 'x', 'x', 'x')`)
    const bot = await made()
    expect((await edit(bot, { credential_id: id })).status).toBe(400)
    await app().ports.db.execute(
      sql`update model_credentials set workspace_id = ${tenant.workspaceId} where id = ${id}`,
    )
    expect(json(await edit(bot, { credential_id: id })).settings.credential_id).toBe(id)
    await app().ports.db.execute(sql`delete from model_credentials where id = ${id}`)
    expect((await publish(bot)).status).toBe(400)
  })

  it('a bot is switched off and on, kept for so many days, and deleted', async () => {
    const bot = await made()
    const off = json(await change('PATCH', bot, { is_enabled: false, retention_days: 30 }, bot))
    expect(off).toMatchObject({ is_enabled: false, retention_days: 30, version: 1 })
    expect((await call('DELETE', bot)).status).toBe(204)
    for (const path of ['', 'draft/', 'versions/', 'keys/']) expect((await call('GET', bot + path)).status).toBe(404)
    expect((await call('DELETE', bot)).status).toBe(404)
    const { rows } = await app().ports.db.execute<{ action: string }>(
      sql`select action from audit_events where target_id = ${bot.split('/').at(-2)} order by id`,
    )
    expect(rows.map(({ action }) => action)).toEqual(['bot.created', 'bot.disabled', 'bot.changed', 'bot.deleted'])
  })

  it('saveBot makes a version when it changes something, and none when it does not', async () => {
    const id = await saveBot(app().ports, tenant.workspaceId, { name: 'Seeded', greeting: 'a' })
    const versions = async () => json(await call('GET', `${base}${id}/versions/`)).versions.length
    await saveBot(app().ports, tenant.workspaceId, { name: 'Seeded', greeting: 'a' })
    await saveBot(app().ports, tenant.workspaceId, { name: 'Seeded', isEnabled: false })
    expect(await versions()).toBe(1)
    await edit(`${base}${id}/`, { tone: 'Dry.' })
    await saveBot(app().ports, tenant.workspaceId, { name: 'Seeded', greeting: 'b' })
    expect(await versions()).toBe(2)
    const draft = json(await call('GET', `${base}${id}/draft/`))
    expect(draft).toMatchObject({ changed: ['tone'], settings: { greeting: 'b', tone: 'Dry.' } })
  })

  it('another embedding model makes the vectors anew once it is published', async () => {
    const bot = await made()
    const jobs = async () => {
      const { rows } = await app().ports.db.execute<{ count: number }>(
        sql`select count(*) from pgboss.job where data->>'kind' = 'reindex-bot' and data->'data'->>'botId' = ${bot.split('/').at(-2)}`,
      )
      return rows[0]?.count
    }
    await edit(bot, { embedding_model: 'built-in' })
    expect(await jobs()).toBe(0)
    await publish(bot)
    expect(await jobs()).toBe(1)
  })

  it('the playground answers with the draft or with what is live, and says both to the model', async () => {
    const live = replying('ok', { reply: 'Live.' })
    const drafted = replying('ok', { reply: 'Drafted.' })
    const own = await knowing(app(), { bot: live })
    const { token: as } = await app().member(own.workspaceId, 'editor')
    const draft = `/api/workspaces/${own.workspaceId}/bots/${own.botId}/draft/`
    const settings = {
      chat_model: drafted.chatModel,
      instructions: 'Offer a call.',
      tone: 'As a pirate.',
      answer_language: 'pt-BR',
      citations: false,
    }
    await call('PATCH', draft, { as, match: etagOf(await call('GET', draft, { as })), body: settings })
    const say = async (version: string) => {
      const body = { bot_id: own.botId, session_id: randomUUID(), message: question, version }
      return textOf(parseEvents((await post(app(), '/api/chat/playground/', body, { headers: bearer(as) })).body))
    }
    expect([await say('live'), await say('draft')]).toEqual(['Live.', 'Drafted.'])
    const [prompt] = callsTo(app(), drafted).map((one) => one.prompt)
    expect(prompt).toContain('Offer a call.')
    expect(prompt).toContain('Your tone: As a pirate.')
    expect(prompt).toContain('Answer in Brazilian Portuguese')
    expect(callsTo(app(), live)[0]?.prompt).toContain('Answer in the language of the visitor')
    expect(prompt).not.toMatch(/sk-test|mvc_pk_/)
  })

  it('the tester says which patterns match, which cannot be used and why, and what is said instead', async () => {
    const bot = await made({ moderation_patterns: ['fraud'], moderation_fallback: 'Not that.' })
    const test = async (body: object) => json(await call('POST', `${bot}moderation/test/`, { body }))
    expect(await test({ patterns: ['ref.nd', '(?=x)', 'zzz'], message: 'my refund' })).toEqual({
      is_blocked: true,
      fallback: 'Not that.',
      patterns: [
        { pattern: 'ref.nd', matches: true, problem: null, ms: expect.any(Number) },
        { pattern: '(?=x)', matches: false, problem: expect.stringContaining('Lookahead'), ms: expect.any(Number) },
        { pattern: 'zzz', matches: false, problem: null, ms: expect.any(Number) },
      ],
    })
    expect(await test({ message: 'fr\u200baud' })).toMatchObject({ is_blocked: true })
  })

  describe('PUT draft/avatar/', () => {
    const picture = (kind: 'png' | 'jpeg' | 'webp' | 'gif') =>
      sharp({ create: { width: 300, height: 200, channels: 3, background: '#0f766e' } })
        .withExif({ IFD0: { Copyright: 'CANARY' } })
        [kind]()
        .toBuffer()
    const put = (bot: string, body: Buffer) => change('PUT', `${bot}draft/avatar/`, body, `${bot}draft/`)

    it.each(['png', 'jpeg', 'webp', 'gif'] as const)('encodes a %s anew, without what else it held', async (kind) => {
      const bot = await made()
      const answer = await put(bot, await picture(kind))
      const url = json(answer).settings.avatar_url
      expect([answer.status, url]).toEqual([200, expect.stringMatching(/^\/avatars\/[\w-]{36}\.webp$/)])
      const response = await fetch(app().url + url)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      })
      const shown = Buffer.from(await response.arrayBuffer())
      expect(await sharp(shown).metadata()).toMatchObject({ format: 'webp', width: 256, height: 256 })
      expect(shown.includes('CANARY')).toBe(false)
    })

    it('is taken out again, shown by the widget’s config once published, and removed when nothing shows it', async () => {
      const own = await app().tenant()
      const { token: as } = await app().member(own.workspaceId, 'editor')
      const draft = `/api/workspaces/${own.workspaceId}/bots/${own.botId}/draft/`
      const act = async (method: string, path: string, body?: Buffer) =>
        json(await call(method, path, { as, match: etagOf(await call('GET', draft, { as })), ...(body && { body }) }))
      const first = (await act('PUT', `${draft}avatar/`, await picture('png'))).settings.avatar_url
      const second = (await act('PUT', `${draft}avatar/`, await picture('jpeg'))).settings.avatar_url
      await act('POST', draft.replace('draft', 'publish'))
      const config = json(await get(app(), `/api/widget/config/?public_key=${own.publicKey}`))
      expect(config.bot.avatar_url).toBe(app().url + second)
      expect((await act('DELETE', `${draft}avatar/`)).settings.avatar_url).toBeNull()
      await act('POST', draft.replace('draft', 'publish'))
      await removeUnusedAvatars(app().ports)
      expect([(await get(app(), first)).status, (await get(app(), second)).status]).toEqual([404, 200])
      await saveBot(app().ports, own.workspaceId, { name: 'Bot', deletedAt: new Date() })
      await removeUnusedAvatars(app().ports)
      expect((await get(app(), second)).status).toBe(404)
    })

    it('refuses in words what is no picture, lies or would burst, and goes on', async () => {
      const bot = await made()
      const png = await picture('png')
      const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
      const polyglot = Buffer.concat([png.subarray(0, 8), Buffer.from('<script>alert(1)</script>')])
      const hostile = {
        svg,
        'an SVG under a first line of PNG': Buffer.concat([png.subarray(0, 8), svg]),
        'half a PNG': png.subarray(0, png.length >> 1),
        'a polyglot': polyglot,
        'half a GIF': (await picture('gif')).subarray(0, 40),
        'a TIFF': Buffer.from('II*\0\b\0\0\0'),
        nothing: Buffer.from(' '),
      }
      for (const [name, body] of Object.entries(hostile)) {
        const answer = await put(bot, body)
        expect([name, answer.status, json(answer).detail]).toEqual([name, 400, expect.stringMatching(/\.$/)])
      }
      const vast = await put(bot, pngOf(50_000, 50_000))
      expect([vast.status, json(vast).detail]).toEqual([400, 'The picture has more than 40 megapixels.'])
      expect((await put(bot, Buffer.alloc(5 * 1024 * 1024 + 1))).status).toBe(413)
      const withScript = await put(bot, Buffer.concat([png, Buffer.from('<script>CANARY</script>')]))
      const shown = await get(app(), json(withScript).settings.avatar_url)
      expect(shown.body).not.toContain('CANARY')
    })

    it('takes one of nearly 5 MB', async () => {
      const bot = await made()
      const png = await picture('png')
      expect((await put(bot, Buffer.concat([png, Buffer.alloc(4_900_000)]))).status).toBe(200)
    })
  })
})

/** A PNG that says it is so large, with little in it. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1_000))), chunk('IEND')])
}

function chunk(name: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(name), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

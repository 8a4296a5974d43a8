import { beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import type { Tenant } from '../../server/testing/app.ts'
import type { SendOptions } from '../../server/testing/http.ts'
import { expectRefusal, get, useApp } from './scene.ts'

describe('GET /api/widget/config/', () => {
  const app = useApp()
  let plain: Tenant
  beforeAll(async () => {
    plain = await app().tenant({ domains: ['example.com'] })
  })
  const origin = { origin: 'https://example.com' }
  const config = ({ publicKey }: Pick<Tenant, 'publicKey'>, options: SendOptions = { headers: origin }) =>
    get(app(), `/api/widget/config/?public_key=${publicKey}`, options)

  it('200 with null for all that is absent', async () => {
    const answer = await config(plain)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(answer.json).toEqual({
      bot: { name: 'Bot', avatar_url: null },
      theme: { accent: null, mode: null, position: null },
      behavior: { greeting: null, suggested_questions: null, citations: true, locale: null, words: null },
    })
  })

  it('200 with all that the owner has set, and nothing else of the bot', async () => {
    const bot = {
      name: 'Ada',
      avatarUrl: 'https://example.com/a.png',
      theme: { accent: '#336699', mode: 'dark', position: 'left' },
      greeting: 'Hello!',
      suggestedQuestions: ['How long?'],
      showsCitations: false,
      locale: 'de',
      words: { send: 'Los', createdAt: 'Seit' },
      instructions: 'CANARY-INSTRUCTIONS',
      moderationPatterns: ['CANARY-PATTERN'],
    } as const
    const answer = await config(
      await app().tenant({ bot: { ...bot, suggestedQuestions: ['How long?'], moderationPatterns: ['CANARY'] } }),
    )
    expect(answer.json).toEqual({
      bot: { name: 'Ada', avatar_url: 'https://example.com/a.png' },
      theme: bot.theme,
      behavior: {
        greeting: 'Hello!',
        suggested_questions: ['How long?'],
        citations: false,
        locale: 'de',
        words: { send: 'Los', createdAt: 'Seit' },
      },
    })
  })

  describe('with words in more than one language', () => {
    const german = { greeting: 'Hallo!', suggested_questions: ['Wie lange?'], words: { send: 'Los' } }
    const brazilian = { greeting: 'Oi!', suggested_questions: null, words: null }
    const words = { send: 'Go', notice: 'Ours' }
    const settings = { greeting: 'Hi!', suggestedQuestions: ['How long?'], words }
    let tenant: Tenant
    beforeAll(async () => {
      const translations = { de: german, 'pt-BR': brazilian }
      tenant = await app().tenant({ bot: { ...settings, locale: 'en', translations } })
    })
    const inLanguages = (lang: string, known?: string) =>
      get(app(), `/api/widget/config/?public_key=${tenant.publicKey}&lang=${lang}`, {
        headers: known ? { 'if-none-match': known } : {},
      })
    const standing = { greeting: 'Hi!', suggested_questions: ['How long?'], words, locale: 'en', citations: true }
    const inGerman = { ...german, words: { ...words, send: 'Los' }, locale: 'de', citations: true }
    const inBrazilian = { ...standing, greeting: 'Oi!', locale: 'pt-BR' }

    it.each([
      ['de', inGerman],
      ['DE-at-x-wien,en', inGerman],
      ['fr,de', inGerman],
      ['en-GB,de', standing],
      ['pt-br', inBrazilian],
      ['pt', standing],
      ['*,it', standing],
      ['', standing],
      ['%00,de', inGerman],
      [`${'a-'.repeat(3_000)}`, standing],
    ])('lang=%j is answered the first set that there is, field by field over the default', async (lang, behavior) => {
      const answer = await inLanguages(lang)
      expect(answer).toMatchObject({ status: 200, json: { behavior } })
      expect(answer.headers.vary).toBe('Origin')
    })

    it('200 to the ETag of another language, 304 to its own', async () => {
      const { headers } = await inLanguages('de')
      const etag = String(headers.etag)
      expect((await inLanguages('de-AT', etag)).status).toBe(304)
      expect((await inLanguages('en', etag)).status).toBe(200)
      expect((await config(tenant, { headers: { 'if-none-match': etag } })).status).toBe(200)
    })
  })

  it('may be kept for a short while, by origin', async () => {
    const { headers } = await config(plain)
    expect(headers['cache-control']).toMatch(/^public, max-age=\d{1,3}$/)
    expect(headers.vary).toBe('Origin')
  })

  it('304 to its own ETag, weak or in a list, and to any, with the same headers and no body', async () => {
    const { headers } = await config(plain)
    for (const known of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
      const again = await config(plain, { headers: { ...origin, 'if-none-match': String(known) } })
      expect([again.status, again.body]).toEqual([304, ''])
      for (const name of ['etag', 'vary', 'cache-control', 'access-control-allow-origin'])
        expect(again.headers[name]).toBe(headers[name])
    }
  })

  it('200 to the ETag of another bot, even one that is set up the same', async () => {
    const other = await config(await app().tenant())
    expect(other.body).toBe((await config(plain)).body)
    const answer = await config(plain, { headers: { ...origin, 'if-none-match': String(other.headers.etag) } })
    expect(answer.status).toBe(200)
  })

  it('200 to an ETag of before the bot was changed', async () => {
    const tenant = await app().tenant()
    const { headers } = await config(tenant)
    await saveBot(app().ports, tenant.workspaceId, { name: 'Bot', greeting: 'New' })
    const answer = await config(tenant, { headers: { 'if-none-match': String(headers.etag) } })
    expect(answer.status).toBe(200)
    expect(answer.headers.etag).not.toBe(headers.etag)
  })

  it.each([
    [401, 'invalid_api_key', 'mvc_pk_unknown_unknown', origin],
    [403, 'origin_not_allowed', null, { origin: 'https://evil.example' }],
  ])('%i %s, with a known ETag too, and nobody may keep it', async (status, code, publicKey, headers) => {
    const { etag } = (await config(plain)).headers
    for (const known of [String(etag), '*']) {
      const answer = await config(
        { publicKey: publicKey ?? plain.publicKey },
        { headers: { ...headers, 'if-none-match': known } },
      )
      expectRefusal(answer, status, code)
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Origin' })
      expect(answer.headers.etag).toBeUndefined()
    }
  })

  it.each([
    '',
    '?public_key=',
    '?public_key=%00',
    '?public_key=%E0%A4%A',
    '?public_key=a&public_key=b',
    '?public_key[]=x',
  ])('401 invalid_api_key for the query %j', async (query) =>
    expectRefusal(await get(app(), `/api/widget/config/${query}`), 401, 'invalid_api_key'),
  )

  it('says nothing of the host that it was asked under', async () => {
    const headers = { ...origin, host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    const answer = await config(plain, { headers })
    expect(JSON.stringify([answer.body, answer.headers])).not.toContain('evil.example')
  })
})

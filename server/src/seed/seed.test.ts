import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { type SeedResult, seed } from './seed.ts'

const key = (name: string, rest: object = {}) => ({ name, domains: ['shop.example', '*.shop.example'], ...rest })
const hours = { type: 'text', title: 'Hours', text: 'Open from nine to five.' }

let names = 0
function workspace(rest: object = {}) {
  names++
  return { name: `Workspace ${names}`, bots: [{ name: 'Bruno', keys: [key('Site')], sources: [hours] }], ...rest }
}

describe.each(lanes)('seed on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const run = (...workspaces: object[]) => seed(database, { workspaces })
  const refused = (...workspaces: object[]) =>
    run(...workspaces).then(
      () => 'saved',
      (error: Error) => error.message,
    )

  /** Everything but the queue, to see what a run changes. */
  async function everything() {
    const tables = ['workspaces', 'users', 'user_identities', 'members', 'bots', 'keys', 'sources']
    const rows = tables.map((table) =>
      database.db.execute(sql`select * from ${sql.identifier(table)} order by 1, 2, 3`),
    )
    return Promise.all(rows.map(async (result) => (await result).rows))
  }

  async function jobs(): Promise<number> {
    const { rows } = await database.db.execute<{ n: number }>(
      sql`select count(*)::int as n from pgboss.job where name = 'jobs'`,
    )
    return rows[0]?.n ?? 0
  }

  async function row(table: string, id: string | undefined) {
    const { rows } = await database.db.execute(sql`select * from ${sql.identifier(table)} where id = ${id}`)
    return rows[0]
  }

  function only(made: SeedResult) {
    const [made1] = made.workspaces
    const bot = made1?.bots[0]
    if (!made1 || !bot) throw new Error('nothing was made')
    return { workspace: made1, bot }
  }

  it('changes nothing when it is run again, and gives the same ids and keys', async () => {
    const file = workspace({
      plan: 'pro',
      suspended: true,
      members: [
        { issuer: 'https://login.example', subject: `ada-${lane.name}`, email: 'ada@example.com', role: 'owner' },
      ],
      bots: [
        {
          name: 'Bruno',
          moderation: { patterns: ['\\bfraud\\b'], fallback: 'No.' },
          theme: { accent: '#0f766e' },
          suggested_questions: ['When are you open?'],
          words: { send: 'Ask' },
          keys: [key('Site'), key('Old', { revoked: true })],
          sources: [
            hours,
            { type: 'markdown', content: '# Prices\n\nAll for one.' },
            { type: 'url', url: 'https://shop.example/' },
            {
              type: 'website',
              url: 'https://shop.example/',
              settings: { include: ['/docs/*'], exclude: ['*/old/*'], max_pages: 5 },
            },
            { type: 'sitemap', url: 'https://shop.example/sitemap.xml' },
            { type: 'qa', question: 'When are you open?', answer: 'Nine to five.' },
          ],
        },
        { name: 'Gone', deleted: true },
      ],
    })
    const first = await run(file)
    const [rows, queued] = [await everything(), await jobs()]
    expect(await run(file)).toEqual(first)
    expect(await everything()).toEqual(rows)
    expect(await jobs()).toBe(queued)
  })

  it('saves each field of a bot, and gives a field that is left out its default again', async () => {
    const file = workspace()
    const settings = {
      instructions: 'Be brief.',
      chat_model: 'openai:some-model',
      temperature: 0.5,
      greeting: 'Hi',
      citations: false,
      enabled: false,
    }
    const { bot } = only(await run({ ...file, bots: [{ name: 'Bruno', ...settings }] }))
    expect(await row('bots', bot.id)).toMatchObject({
      instructions: 'Be brief.',
      chat_model: 'openai:some-model',
      temperature: 0.5,
      greeting: 'Hi',
      shows_citations: false,
      is_enabled: false,
    })
    await run({ ...file, bots: [{ name: 'Bruno' }] })
    expect(await row('bots', bot.id)).toMatchObject({
      instructions: '',
      chat_model: null,
      temperature: null,
      greeting: null,
      shows_citations: true,
      is_enabled: true,
    })
  })

  it('queues a source that is new or changed, and no other', async () => {
    const file = workspace()
    const before = await jobs()
    const { bot } = only(await run(file))
    expect(await jobs()).toBe(before + 1)
    const changed = { ...hours, text: 'Open from ten to four.' }
    const again = only(await run({ ...file, bots: [{ name: 'Bruno', sources: [changed] }] }))
    expect(await jobs()).toBe(before + 2)
    expect(again.bot.sources).toEqual(bot.sources)
    expect(await row('sources', bot.sources[0]?.id)).toMatchObject({
      content: 'Open from ten to four.',
      state: 'queued',
    })
  })

  it('reads a Markdown file from the seed file’s folder, named by its first heading', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mevichat-seed-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'handbook.md'), '# The handbook\n\nBe kind.\n')
    const bots = [{ name: 'Bruno', sources: [{ type: 'markdown', path: 'handbook.md', url: '/handbook/' }] }]
    const { bot } = only(await seed(database, { workspaces: [workspace({ bots })] }, folder))
    expect(bot.sources).toMatchObject([{ type: 'markdown', title: 'The handbook', url: '/handbook/' }])
    expect(await row('sources', bot.sources[0]?.id)).toMatchObject({ content: '# The handbook\n\nBe kind.\n' })
  })

  it('keeps an id and a public key that the file gives, and finds both again under another name', async () => {
    const id = crypto.randomUUID()
    const botId = crypto.randomUUID()
    const publicKey = `mvc_pk_kept_${id}`
    const file = workspace({ id, bots: [{ id: botId, name: 'Bruno', keys: [key('Site', { public_key: publicKey })] }] })
    const first = only(await run(file))
    expect([first.workspace.id, first.bot.id, first.bot.keys[0]?.public_key]).toEqual([id, botId, publicKey])
    const renamed = only(await run({ ...file, name: 'Renamed', bots: [{ id: botId, name: 'Bruna' }] }))
    expect([renamed.workspace.id, renamed.bot.id]).toEqual([id, botId])
    expect(await row('workspaces', id)).toMatchObject({ name: 'Renamed' })
  })

  it('cannot undo a revocation', async () => {
    const file = workspace()
    const { bot } = only(await run({ ...file, bots: [{ name: 'Bruno', keys: [key('Site', { revoked: true })] }] }))
    await run(file)
    expect(await row('keys', bot.keys[0]?.id)).toMatchObject({ revoked_at: expect.any(String) })
  })

  it('saves nothing of a workspace in which something is wrong', async () => {
    const file = workspace()
    const bots = [...file.bots, { name: 'Second', keys: [key('Site', { domains: ['https://shop.example'] })] }]
    expect(await refused({ ...file, bots })).toContain(
      'workspaces[0].bots[1].keys[0].domains[0]: "https://shop.example" is not a domain.',
    )
    const { rows } = await database.db.execute(sql`select 1 from workspaces where name = ${file.name}`)
    expect(rows).toEqual([])
  })

  it('names the place of everything that is wrong', async () => {
    const message = await refused(
      workspace({ plan: 'gold', colour: 'red' }),
      workspace({
        bots: [{ name: '', keys: [{ name: 'Site' }], sources: [{ type: 'url', url: 'ftp://x' }, { type: 'pdf' }] }],
      }),
    )
    for (const place of [
      'workspaces[0].plan: ',
      'workspaces[0]: Unrecognized key: "colour"',
      'workspaces[1].bots[0].name: must not be empty',
      'workspaces[1].bots[0].keys[0].domains: ',
      'workspaces[1].bots[0].sources[0].url: must be an address that starts with https:// or http://',
      'workspaces[1].bots[0].sources[1].type: ',
    ]) {
      expect(message).toContain(place)
    }
  })

  it.each([
    [
      'a pattern with lookahead',
      { moderation: { patterns: ['ok', '(?=x)'] } },
      'moderation.patterns: "(?=x)": Lookahead',
    ],
    ['a file that is not there', { sources: [{ type: 'markdown', path: 'no-such.md' }] }, 'sources[0].path: '],
    [
      'content and a path',
      { sources: [{ type: 'markdown', path: 'a.md', content: 'b' }] },
      'sources[0]: must have either content or path',
    ],
    [
      'a Markdown without any name',
      { sources: [{ type: 'markdown', content: 'b' }] },
      'sources[0]: has no heading to be named by',
    ],
    ['an accent that is no colour', { theme: { accent: 'red' } }, 'theme.accent: must be a colour'],
    [
      'a public key of another form',
      { keys: [key('Site', { public_key: 'sk-1' })] },
      'keys[0].public_key: must begin with mvc_pk_',
    ],
  ])('refuses %s', async (_what, bot, problem) => {
    expect(await refused(workspace({ bots: [{ name: 'Bruno', ...bot }] }))).toContain(
      `workspaces[0].bots[0].${problem}`,
    )
  })

  it('refuses another public key under a name that is taken, and one that is another bot’s', async () => {
    const file = workspace()
    const { bot } = only(await run(file))
    const other = key('Site', { public_key: `mvc_pk_${crypto.randomUUID()}` })
    expect(await refused({ ...file, bots: [{ name: 'Bruno', keys: [other] }] })).toContain(
      'keys[0].public_key: the key "Site" is there already',
    )
    const stolen = key('Site', { public_key: bot.keys[0]?.public_key })
    expect(await refused(workspace({ bots: [{ name: 'Thief', keys: [stolen] }] }))).toBe(
      'workspaces[0].bots[0].keys[0]: its id or public key is taken already.',
    )
  })

  it('refuses two that would be taken for one, and saves nothing of them', async () => {
    const name = crypto.randomUUID()
    const id = crypto.randomUUID()
    const [bruno, site] = [{ name: 'Bruno' }, key('Site')]
    const twins = (first: object, second: object) => [
      { name, ...first },
      { name, ...second },
    ]
    expect(await refused(...twins({}, {}))).toMatch(/^workspaces\[1\]: would be taken for the one at \[0\]/)
    expect(await refused(...twins({ id }, {}))).toMatch(/^workspaces\[1\]: /)
    expect(await refused(...twins({ id }, { id, name: 'Other' }))).toMatch(/^workspaces\[1\]: /)
    expect(await refused(workspace({ bots: [bruno, bruno] }))).toMatch(/^workspaces\[0\]\.bots\[1\]: /)
    expect(await refused(workspace({ bots: [{ ...bruno, keys: [site, site] }] }))).toMatch(
      /^workspaces\[0\]\.bots\[0\]\.keys\[1\]: /,
    )
    expect((await database.db.execute(sql`select 1 from workspaces where name = ${name}`)).rows).toEqual([])
    expect((await run(...twins({ id }, { id: crypto.randomUUID() }))).workspaces).toHaveLength(2)
    const anew = workspace({ bots: [{ ...bruno, deleted: true }, bruno] })
    expect((await run(anew)).workspaces[0]?.bots).toHaveLength(2)
  })

  it('refuses what is no seed file', async () => {
    await expect(seed(database, [])).rejects.toThrow('the file: ')
  })

  it('makes one workspace when it is run twice at the same time', async () => {
    const file = workspace()
    const [one, other] = await Promise.all([run(file), run(file)])
    expect(one).toEqual(other)
  })
})

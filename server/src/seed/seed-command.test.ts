import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newPgliteDir } from '../../testing/database.ts'
import { startModelServer } from '../../testing/model-server.ts'
import { launch } from '../../testing/process.ts'
import { lockDataDir } from '../platform/db/data-dir-lock.ts'
import { openDb } from '../platform/db/db.ts'
import { silentLog } from '../platform/log.ts'
import { listSources } from '../sources/sources.ts'
import type { SeedResult } from './seed.ts'

const source = { type: 'markdown', path: 'hours.md' }
const seedFile = (plan: string) => ({
  workspaces: [
    { name: 'Bakery', plan, bots: [{ name: 'Bruno', keys: [{ name: 'Site', domains: [] }], sources: [source] }] },
  ],
})

function scene(content: object) {
  const dataDir = newPgliteDir()
  const folder = mkdtempSync(join(tmpdir(), 'mevichat-seed-'))
  onTestFinished(() => {
    for (const dir of [dataDir, folder]) rmSync(dir, { recursive: true, force: true })
  })
  writeFileSync(join(folder, 'hours.md'), '# Opening hours\n\nOpen from nine to five.\n')
  const file = join(folder, 'bots.json')
  writeFileSync(file, JSON.stringify(content))
  return { dataDir, file }
}

async function run(dataDir: string, file: string) {
  await using models = await startModelServer()
  const embeddings = {
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${models.url}/v1`,
    MEVICHAT_CHAT_MODEL: 'openai:some',
  }
  await using command = launch(['seed', file], { MEVICHAT_DATA_DIR: dataDir, ...embeddings })
  const { code } = await command.exited
  return { code, output: command.lines.join('\n'), errors: command.errors.join('\n') }
}

describe('mevichat seed FILE on the embedded database', { timeout: 120_000 }, () => {
  it('prints what it made, and ends once the sources are read', async () => {
    const { dataDir, file } = scene(seedFile('unlimited'))
    const { code, output } = await run(dataDir, file)
    expect(code).toBe(0)
    const [workspace] = (JSON.parse(output) as SeedResult).workspaces
    const bot = workspace?.bots[0]
    if (!bot) throw new Error(output)
    expect(bot.keys[0]?.public_key).toMatch(/^mvc_pk_/)
    await using database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
    expect(await listSources(database, workspace.id, bot.id)).toMatchObject([
      { title: 'Opening hours', state: 'ready', pages: { indexed: 1 } },
    ])
  })

  it('says in a sentence what is wrong with the file, and exits with 1', async () => {
    const { dataDir, file } = scene(seedFile('gold'))
    const { code, output, errors } = await run(dataDir, file)
    expect([code, output]).toEqual([1, ''])
    expect(errors).toContain(`${file}: workspaces[0].plan: `)
  })

  it('takes a file with a byte order mark, and names each source that could not be read', async () => {
    const unread = { type: 'url', url: 'http://127.0.0.1:9/hours' }
    const [workspace] = seedFile('unlimited').workspaces
    const bots = [{ name: 'Bruno', sources: [unread, source] }]
    const { dataDir, file } = scene({ workspaces: [{ ...workspace, bots }] })
    writeFileSync(file, `\uFEFF${readFileSync(file, 'utf8')}`)
    const { code, output, errors } = await run(dataDir, file)
    expect([code, JSON.parse(output).workspaces.length]).toEqual([0, 1])
    const told = errors.split('\n').filter((line) => !line.startsWith('{'))
    expect(told).toEqual([expect.stringMatching(/^Bakery, Bruno: http:\/\/127\.0\.0\.1:9\/hours was not read: \S/)])
  })

  it.each([
    ['is a folder', '.', 'is a folder.'],
    ['is not there', 'other.json', 'is not there.'],
    ['is not JSON', 'hours.md', 'is not JSON: '],
  ])('says of a file that it %s, and exits with 1', async (_, name, problem) => {
    const { dataDir, file } = scene({})
    const path = join(dirname(file), name)
    const { code, errors } = await run(dataDir, path)
    expect([code, errors.slice(0, `${path}: ${problem}`.length)]).toEqual([1, `${path}: ${problem}`])
  })

  it('names the process that holds the directory, and exits with 1', async () => {
    const { dataDir, file } = scene(seedFile('free'))
    const lock = lockDataDir(dataDir)
    onTestFinished(() => lock.release())
    const { code, errors } = await run(dataDir, file)
    expect(code).toBe(1)
    expect(errors).toContain(`The data directory ${dataDir} is in use by another Mevichat process (pid ${process.pid})`)
  })
})

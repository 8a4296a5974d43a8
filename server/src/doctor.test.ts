import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { lanes, newPgliteDir, type TestDatabase } from '../testing/database.ts'
import { readConfig } from './config.ts'
import { addCredential } from './credentials/credentials.ts'
import { examine } from './doctor.ts'
import { saveUser } from './identity/identity.ts'
import { lockDataDir } from './platform/db/data-dir-lock.ts'
import { openSeal } from './platform/seal.ts'
import { Secret } from './platform/secret.ts'
import { saveWorkspace } from './workspaces/workspaces.ts'

const secret = Buffer.alloc(32, 7).toString('base64')
const keys = { MEVICHAT_SIGNING_KEY: secret, MEVICHAT_ENCRYPTION_KEY: secret }
/** Nothing listens there. */
const nowhere = '127.0.0.1:9'

/** The lines by the name of their check, and the exit code. */
async function examined(env: Record<string, string>) {
  const lines: Record<string, string> = {}
  const code = await examine(readConfig(env, 'doctor'), (line) => {
    const [, mark = '', name = '', text = ''] = /^(\S+) +(\S+(?: \S+)*) {2,}(.*)$/.exec(line) ?? []
    lines[name] = `${mark} ${text}`
  })
  return { code, lines }
}

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'mevichat-doctor-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

describe('doctor', () => {
  it('finds nothing wrong before the first start, and makes nothing', async () => {
    const dir = join(newDir(), 'some/where/data')
    const { code, lines } = await examined({ MEVICHAT_DATA_DIR: dir })
    expect(code).toBe(0)
    expect(lines).toMatchObject({
      Node: `ok ${process.versions.node}`,
      'Data directory': `ok ${dir} is made at the first start`,
      Secrets: 'ok are made at the first start',
      Database: 'ok embedded, is made at the first start',
    })
    expect(() => chmodSync(dir, 0o700)).toThrow('ENOENT')
  })

  it('looks into an embedded database that nobody holds', async () => {
    const dir = newPgliteDir()
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const { code, lines } = await examined({ MEVICHAT_DATA_DIR: dir })
    expect(code).toBe(0)
    expect(lines.Database).toMatch(/^ok embedded \(PGlite, PostgreSQL 1\d/)
    expect(lines.Migrations).toBe('ok all applied')
  })

  it('names who holds the embedded database, and leaves it alone', async () => {
    const dir = newPgliteDir()
    const lock = lockDataDir(dir)
    onTestFinished(() => {
      lock.release()
      rmSync(dir, { recursive: true })
    })
    const { code, lines } = await examined({ MEVICHAT_DATA_DIR: dir })
    expect(code).toBe(0)
    expect(lines['Data directory']).toBe(`ok ${dir}, in use by the running server (pid ${process.pid})`)
    expect(lines.Database).toMatch(/^- embedded, held by the running server/)
    expect(lines).not.toHaveProperty('Migrations')
  })

  it('warns of secrets that others can read', async () => {
    const dir = newDir()
    const content = JSON.stringify({ signingKey: secret, encryptionKey: secret })
    writeFileSync(join(dir, 'secrets.json'), content, { mode: 0o644 })
    expect((await examined({ MEVICHAT_DATA_DIR: dir })).lines.Secrets).toMatch(/^warn .*chmod 600/)
    chmodSync(join(dir, 'secrets.json'), 0o600)
    expect((await examined({ MEVICHAT_DATA_DIR: dir })).lines.Secrets).toMatch(/^ok /)
  })

  it('finds secrets that are damaged', async () => {
    const dir = newDir()
    writeFileSync(join(dir, 'secrets.json'), '{}', { mode: 0o600 })
    const { code, lines } = await examined({ MEVICHAT_DATA_DIR: dir })
    expect([code, lines.Secrets]).toEqual([1, expect.stringMatching(/^FAIL .*secrets\.json cannot be used/)])
  })

  it('finds an embedded database that is broken, and looks at the rest', async () => {
    const dir = newDir()
    mkdirSync(join(dir, 'pglite'))
    writeFileSync(join(dir, 'pglite/PG_VERSION'), '17')
    const { code, lines } = await examined({ MEVICHAT_DATA_DIR: dir })
    expect([code, lines.Database]).toEqual([1, expect.stringMatching(/^FAIL The embedded database in .* is damaged/)])
    expect(lines).toHaveProperty('Widget')
  })

  it('finds a data directory that is none, also where the database is PostgreSQL', async () => {
    const dir = join(newDir(), 'file')
    writeFileSync(dir, '')
    for (const env of [{}, { ...keys, DATABASE_URL: `postgres://${nowhere}/none` }]) {
      const { lines } = await examined({ ...env, MEVICHAT_DATA_DIR: join(dir, 'data') })
      expect(lines['Data directory']).toMatch(/^FAIL .*file is no directory that this user can write to/)
    }
  })

  it('warns of a server that others reach under no known address', async () => {
    const env = { MEVICHAT_DATA_DIR: newDir(), HOST: '0.0.0.0' }
    expect((await examined(env)).lines.Settings).toMatch(/^warn .*MEVICHAT_PUBLIC_URL/)
    expect((await examined({ ...env, MEVICHAT_PUBLIC_URL: 'https://chat.example' })).lines.Settings).toMatch(/^ok /)
  })

  it('fails with 1 where the database, Redis and the provider cannot be reached', async () => {
    const { code, lines } = await examined({
      ...keys,
      MEVICHAT_DATA_DIR: newDir(),
      DATABASE_URL: `postgres://${nowhere}/none`,
      REDIS_URL: `redis://${nowhere}`,
      OPENAI_BASE_URL: `http://${nowhere}/v1`,
    })
    expect(code).toBe(1)
    expect(lines.Database).toMatch(/^FAIL cannot be reached: .*ECONNREFUSED.* Check DATABASE_URL/)
    expect(lines.Redis).toMatch(/^FAIL cannot be reached: .*ECONNREFUSED/)
    expect(lines.OpenAI).toMatch(/^FAIL 127\.0\.0\.1:9 cannot be reached: .*ECONNREFUSED/)
  })

  it('tries the providers’ keys, and shows none', async () => {
    const seen: (string | undefined)[] = []
    const server = createServer(({ url, headers }, response) => {
      seen.push(`${url} ${headers.authorization ?? headers['x-api-key']}`)
      response.writeHead(headers.authorization === 'Bearer sk-good' ? 200 : 401).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, lines } = await examined({
      MEVICHAT_DATA_DIR: newDir(),
      OPENAI_API_KEY: 'sk-good',
      OPENAI_BASE_URL: `${address}/v1`,
      MEVICHAT_CHAT_MODEL: 'openai:some',
      ANTHROPIC_API_KEY: 'sk-ant-bad',
      ANTHROPIC_BASE_URL: address,
    })
    expect(seen).toEqual(['/v1/models Bearer sk-good', '/v1/models sk-ant-bad'])
    expect([code, lines.OpenAI, lines.Anthropic]).toEqual([
      1,
      `ok ${new URL(address).host} takes the key`,
      `FAIL ${new URL(address).host} refuses the key (401)`,
    ])
    expect(JSON.stringify(lines)).not.toContain('sk-')
  })
})

describe.each(lanes.filter(({ name }) => name === 'PostgreSQL'))('doctor on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  it('looks into the database while others use it', async () => {
    const { databaseUrl, dataDir } = database
    const { code, lines } = await examined({ ...keys, MEVICHAT_DATA_DIR: dataDir, DATABASE_URL: databaseUrl ?? '' })
    expect(code).toBe(0)
    expect(lines).toMatchObject({
      Database: expect.stringMatching(/^ok PostgreSQL 1[7-9]/),
      pgvector: expect.stringMatching(/^ok 0\.\d/),
      Migrations: 'ok all applied',
      Clock: expect.stringMatching(/^ok \d+ ms/),
      Secrets: 'ok given in the settings',
      'Data directory': `ok ${dataDir}, for uploaded files: web and worker must share it`,
      Credentials: 'ok can be opened',
    })
  })

  it('finds that stored credentials were sealed with another key', async () => {
    const { databaseUrl, dataDir, db } = database
    const workspaceId = await saveWorkspace({ db }, { name: 'Bakery', plan: 'free', isSuspended: false })
    await addCredential({ db, seal: openSeal(Buffer.alloc(32, 8)) }, workspaceId, {
      provider: 'openai',
      name: 'Ours',
      key: new Secret('sk-theirs'),
      baseUrl: null,
      createdBy: await saveUser({ db }, { issuer: 'https://a.example', subject: 'ada', email: null, name: null }),
    })
    const { code, lines } = await examined({ ...keys, MEVICHAT_DATA_DIR: dataDir, DATABASE_URL: databaseUrl ?? '' })
    expect([code, lines.Credentials]).toEqual([
      1,
      expect.stringMatching(/^FAIL MEVICHAT_ENCRYPTION_KEY is not the key/),
    ])
  })

  it('says which database is not there', async () => {
    const url = new URL(database.databaseUrl ?? '')
    url.pathname = '/mevichat_none'
    const { code, lines } = await examined({ ...keys, MEVICHAT_DATA_DIR: newDir(), DATABASE_URL: url.href })
    expect([code, lines.Database]).toEqual([1, expect.stringMatching(/^FAIL is not there: database "mevichat_none"/)])
  })

  it('says that migrations are missing', async () => {
    await database.pool.query('delete from drizzle.__drizzle_migrations')
    const { code, lines } = await examined({
      ...keys,
      MEVICHAT_DATA_DIR: database.dataDir,
      DATABASE_URL: database.databaseUrl ?? '',
    })
    expect([code, lines.Migrations]).toEqual([0, expect.stringMatching(/^warn not all applied/)])
  })
})

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newPgliteDir } from '../../server/testing/database.ts'
import { launch, type ServerProcess, startServer } from '../../server/testing/process.ts'
import { get, secrets, until } from './rig.ts'

/** Runs to its end; what it says to a person stands in standard error. */
async function runToEnd(args: string[], env: Record<string, string>) {
  await using launched = launch(args, env)
  const { code } = await launched.exited
  return { code, said: launched.errors.filter((line) => !/Warning|--trace-warnings/.test(line)).join('\n') }
}

describe('a start that cannot be', { timeout: 180_000 }, () => {
  let dataDir: string
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'mevichat-start-'))
  })
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  it('says all that is wrong with the settings at once, and exits with 78', async () => {
    const { code, said } = await runToEnd(['all'], {
      PORT: 'eighty',
      MEVICHAT_DATA_DIR: dataDir,
      MEVICHAT_PUBLIC_URL: 'https://chat.example.com/path',
      MEVICHAT_TRUST_PROXY: '10.0.0.0/8, everyone',
      MEVICHAT_DEMO: 'perhaps',
    })
    expect(code).toBe(78)
    for (const name of ['PORT', 'MEVICHAT_PUBLIC_URL', 'MEVICHAT_TRUST_PROXY', 'MEVICHAT_DEMO']) {
      expect(said).toContain(`- ${name} `)
    }
  })

  it.each(['web', 'worker'])(
    'as %s without DATABASE_URL says that it must be given, and exits with 78',
    async (role) => {
      const { code, said } = await runToEnd([role], { MEVICHAT_DATA_DIR: dataDir })
      expect({ code, said }).toEqual({ code: 78, said: expect.stringContaining('DATABASE_URL must be given') })
      expect(said).toContain(`"${role}"`)
    },
  )

  it('with DATABASE_URL but no secrets is refused, with 78', async () => {
    const { code, said } = await runToEnd(['web'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' })
    expect(code).toBe(78)
    expect(said).toContain('MEVICHAT_SIGNING_KEY must be given')
    expect(said).toContain('MEVICHAT_ENCRYPTION_KEY must be given')
  })

  it('with a database that is not there says so, and exits with 1', async () => {
    const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none', PORT: '0', ...secrets() }
    const { code, said } = await runToEnd(['web'], env)
    expect(code).toBe(1)
    expect(said).toMatch(/^The database cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\. Check DATABASE_URL/)
  })

  it('of a role that is none says which there are, with 64', async () => {
    const { code, said } = await runToEnd(['serve'], {})
    expect({ code, said }).toEqual({ code: 64, said: expect.stringContaining('all | web | worker') })
  })
})

describe('the embedded default', { timeout: 180_000 }, () => {
  let dataDir: string
  let server: ServerProcess
  beforeAll(async () => {
    dataDir = newPgliteDir()
    server = await startServer('all', { MEVICHAT_DATA_DIR: dataDir })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('holds its data directory: a second process is told the pid, and exits with 1', async () => {
    const { code, said } = await runToEnd(['all'], { MEVICHAT_DATA_DIR: dataDir, PORT: '0' })
    expect(code).toBe(1)
    expect(said).toBe(
      `The data directory ${dataDir} is in use by another Mevichat process (pid ${server.pid}). ` +
        'Stop that one first, or set MEVICHAT_DATA_DIR to another directory.',
    )
    expect((await get(server, '/health/ready')).status).toBe(200)
  })

  it('prints the link of the first owner once', async () => {
    const lines = await until(
      'the link',
      () => server.lines.filter((line) => line.includes('/sign-in/first-owner/')),
      ({ length }) => length > 0,
    )
    expect(lines.join('\n').match(/first-owner/g)).toHaveLength(1)
  })

  it('is brought up to date by migrate, which says so', async () => {
    const other = newPgliteDir()
    await using launched = launch(['migrate'], { MEVICHAT_DATA_DIR: other })
    expect(await launched.exited).toEqual({ code: 0, signal: null })
    expect(launched.lines.at(-1)).toContain('"the database is up to date"')
    rmSync(other, { recursive: true, force: true })
  })

  it('on a busy port says so in a sentence, and exits with 1', async () => {
    const busy = createServer()
    const other = newPgliteDir()
    try {
      const port = await new Promise<number>((resolve) =>
        busy.listen(0, '127.0.0.1', () => {
          const address = busy.address()
          resolve(typeof address === 'object' && address ? address.port : 0)
        }),
      )
      const { code, said } = await runToEnd(['all'], { MEVICHAT_DATA_DIR: other, PORT: String(port) })
      expect(code).toBe(1)
      expect(said).toBe(`Port ${port} is in use by another program. Stop that one first, or set PORT to another port.`)
    } finally {
      busy.close()
      rmSync(other, { recursive: true, force: true })
    }
  })

  it('on an address of another machine says so, and exits with 1', async () => {
    const other = newPgliteDir()
    try {
      const { code, said } = await runToEnd(['all'], { MEVICHAT_DATA_DIR: other, PORT: '0', HOST: '192.0.2.1' })
      expect(code).toBe(1)
      expect(said).toMatch(/^HOST 192\.0\.2\.1 is not an address of this machine\. .*127\.0\.0\.1/)
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })

  it('makes its secrets once, for the owner alone, and keeps them over a restart', async () => {
    const path = join(dataDir, 'secrets.json')
    const made = readFileSync(path, 'utf8')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    server.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    server = await startServer('all', { MEVICHAT_DATA_DIR: dataDir })
    expect(readFileSync(path, 'utf8')).toBe(made)
  })
})

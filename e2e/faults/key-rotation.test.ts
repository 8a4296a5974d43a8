import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCredential, credentialResealing, problemOfSeal } from '../../server/src/credentials/credentials.ts'
import { readCredentials } from '../../server/src/credentials/store.ts'
import { saveUser } from '../../server/src/identity/identity.ts'
import { openDb } from '../../server/src/platform/db/db.ts'
import type { UserId } from '../../server/src/platform/id.ts'
import { silentLog } from '../../server/src/platform/log.ts'
import { keyIdOf, openSeal } from '../../server/src/platform/seal.ts'
import { Secret } from '../../server/src/platform/secret.ts'
import { startWorker } from '../../server/src/worker.ts'
import { saveWorkspace } from '../../server/src/workspaces/workspaces.ts'
import { startApp, type TestApp } from '../../server/testing/app.ts'
import { lanes, newPgliteDir } from '../../server/testing/database.ts'
import { send } from '../../server/testing/http.ts'
import { type ModelServer, startModelServer } from '../../server/testing/model-server.ts'
import { launch, startServer } from '../../server/testing/process.ts'
import { beside, knowing, turn } from '../contract/scene.ts'

const [old, current] = [randomBytes(32), randomBytes(32)]
const base64 = (key: Uint8Array) => Buffer.from(key).toString('base64')
const env = { MEVICHAT_EGRESS_ALLOW: '127.0.0.1' }
const before = { ...env, MEVICHAT_ENCRYPTION_KEY: base64(old), MEVICHAT_ENCRYPTION_KEY_OLD: base64(current) }
const after = { ...env, MEVICHAT_ENCRYPTION_KEY: base64(current), MEVICHAT_ENCRYPTION_KEY_OLD: base64(old) }
const count = 230

describe.each(lanes)('a rotation of the encryption key on $name', (lane) => {
  let app: TestApp
  let theirs: ModelServer
  beforeAll(async () => {
    theirs = await startModelServer({ reply: 'Five days.' })
    app = await startApp(lane, { env: before })
  })
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await theirs[Symbol.asyncDispose]()
  })

  it('under load seals every key anew, and no answer fails, of a process before the change or after it', async () => {
    await using next = await startApp(beside(app), { env: after })
    const { db } = app.ports
    const tenant = await knowing(app)
    const { userId } = await app.member(tenant.workspaceId, 'admin')
    await keep(app, tenant.workspaceId, userId)
    await db.execute(sql`insert into workspaces (id, name, plan)
      select gen_random_uuid(), 'Many ' || n, 'free' from generate_series(1, ${count}) n`)
    const { rows: workspaces } = await db.execute<{ id: typeof tenant.workspaceId }>(
      sql`select id from workspaces where name like 'Many %'`,
    )
    for (const { id } of workspaces) await keep(app, id, userId)

    let isOver = false
    const finishes: string[] = []
    async function ask(on: TestApp): Promise<void> {
      for (let asked = 0; !isOver || asked < 3; asked++) {
        on.ports.botModels.forget(tenant.workspaceId)
        finishes.push((await on.chat(turn(tenant))).events.at(-1)?.data.finish_reason)
      }
    }
    const asking = Promise.all([ask(app), ask(next)])
    await using _worker = await startWorker(next.ports)
    await expect.poll(() => keyIds(app), { timeout: 60_000 }).toEqual([openSeal(current).keyId])
    isOver = true
    await asking
    expect(finishes.length).toBeGreaterThanOrEqual(6)
    expect(new Set(finishes)).toEqual(new Set(['stop']))
    expect(new Set(theirs.chatCalls().map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer sk-theirs']),
    )

    await using last = await startApp(beside(app), { env: { ...env, MEVICHAT_ENCRYPTION_KEY: base64(current) } })
    expect((await last.chat(turn(tenant))).events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
  })

  it('a start with neither key is told so, and one that knows it goes on', async () => {
    const { db } = app.ports
    expect(await problemOfSeal({ db, seal: openSeal(randomBytes(32)) })).toContain('MEVICHAT_ENCRYPTION_KEY_OLD')
    expect(await problemOfSeal({ db, seal: openSeal(randomBytes(32), [current]) })).toBeNull()
  })

  it('leaves what cannot be opened as it is, and seals the others', async () => {
    const { db } = app.ports
    const tenant = await knowing(app)
    const { userId } = await app.member(tenant.workspaceId, 'admin')
    await keep(app, tenant.workspaceId, userId)
    await keep(app, tenant.workspaceId, userId)
    const [good, bad] = await readCredentials(db, tenant.workspaceId)
    await db.execute(sql`update model_credentials set base_url = 'https://evil.example' where id = ${bad?.id}`)
    const seal = openSeal(current, [old])
    await credentialResealing({ db, seal, log: silentLog }).run({}, new AbortController().signal)
    const [goodAfter, badAfter] = await readCredentials(db, tenant.workspaceId)
    expect(keyIdOf(goodAfter?.sealedKey ?? '')).toBe(seal.keyId)
    expect(goodAfter?.updatedAt).toEqual(good?.updatedAt)
    expect(badAfter?.sealedKey).toBe(bad?.sealedKey)
  })

  function keep({ ports }: TestApp, workspaceId: Parameters<typeof addCredential>[1], createdBy: UserId) {
    const credential = { provider: 'openai', name: 'Theirs', baseUrl: `${theirs.url}/v1`, createdBy } as const
    return addCredential(ports, workspaceId, { ...credential, key: new Secret('sk-theirs') })
  }

  async function keyIds({ ports }: TestApp): Promise<string[]> {
    const { rows } = await ports.db.execute<{ id: string }>(
      sql`select distinct left(sealed_key, 16) as id from model_credentials`,
    )
    return rows.map(({ id }) => id)
  }
})

describe('a start whose key is not the one that sealed', { timeout: 180_000 }, () => {
  it('is refused with 78, in words; with the old key beside the new one it starts, and seals anew', async () => {
    const dataDir = newPgliteDir()
    const settings = { MEVICHAT_DATA_DIR: dataDir, PORT: '0', MEVICHAT_DEMO: 'off' }
    const keyed = (key: Uint8Array, more: Uint8Array[] = []) => ({
      ...settings,
      MEVICHAT_SIGNING_KEY: base64(old),
      MEVICHAT_ENCRYPTION_KEY: base64(key),
      MEVICHAT_ENCRYPTION_KEY_OLD: more.map(base64).join(','),
    })
    try {
      {
        await using database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
        const workspaceId = await saveWorkspace(database, { name: 'W', plan: 'free', isSuspended: false })
        const createdBy = await saveUser(database, { issuer: 'i', subject: 's', email: null, name: null })
        const credential = { provider: 'openai', name: 'Theirs', baseUrl: null, createdBy } as const
        const seal = openSeal(old)
        await addCredential({ ...database, seal }, workspaceId, { ...credential, key: new Secret('sk-theirs') })
      }
      {
        await using refused = launch(['all'], keyed(current))
        expect((await refused.exited).code).toBe(78)
        expect(refused.errors.join('\n')).toContain('- MEVICHAT_ENCRYPTION_KEY is not the key that stored credentials')
      }
      {
        await using server = await startServer('all', keyed(current, [old]))
        await using opened = server.openDb()
        const sealedBy = async () => {
          const { rows } = await opened.db.execute(sql`select left(sealed_key, 16) as id from model_credentials`)
          return rows
        }
        await expect.poll(sealedBy, { timeout: 60_000 }).toEqual([{ id: openSeal(current).keyId }])
      }
      await using server = await startServer('all', keyed(current))
      expect((await send(`${server.url}/health/ready`)).status).toBe(200)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

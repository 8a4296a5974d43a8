import { describe, expect, it } from 'vitest'
import { usage } from '../../server/src/quota/quota.ts'
import { lanes } from '../../server/testing/database.ts'
import { ask, askMany, get, newTenant, openRig, type Rig, until } from './rig.ts'

describe.each(lanes)('a server that is told to stop, on $name', { timeout: 180_000 }, (lane) => {
  it('finishes its streams, refuses new ones with 503, is not ready, and exits with 0', async () => {
    await using rig = await openRig(lane)
    const server = await rig.start()
    const database = server.openDb()
    const tenant = await newTenant(database.db)
    rig.models.settings = { ...rig.models.settings, tokens: 50, paceMs: 100 }
    const asked = await askMany(10, server, tenant)
    await Promise.all(asked.map(({ stream }) => stream.until('token')))
    // An open connection of the test's own would be one more that the embedded database waits for.
    await database[Symbol.asyncDispose]()
    server.kill('SIGTERM')
    const ready = await until(
      'draining',
      () => get(server, '/health/ready'),
      ({ status }) => status === 503,
    )
    expect(ready.json).toEqual({ status: 'not_ready', reason: 'draining' })
    expect((await get(server, '/health/live')).status).toBe(200)
    const refused = await get(server, `/api/widget/config/?public_key=${tenant.publicKey}`)
    expect(refused).toMatchObject({ status: 503, json: { error: 'unavailable' }, headers: { 'retry-after': '5' } })
    expect((await ask(server, tenant)).stream.status).toBe(503)

    const endings = await Promise.all(asked.map(({ stream }) => stream.until('done')))
    expect(endings.map(({ data }) => data.finish_reason)).toEqual(Array(10).fill('stop'))
    expect(await server.exited).toEqual({ code: 0, signal: null })

    const again = await rig.start()
    await using reopened = again.openDb()
    expect(await usage(reopened, tenant.workspaceId)).toEqual({ used: 10, reserved: 0 })
  })
})

describe('a server that is told to stop twice', { timeout: 180_000 }, () => {
  async function stopping(rig: Rig) {
    const server = await rig.start()
    const database = server.openDb()
    const { stream } = await ask(server, await newTenant(database.db))
    await stream.until('token')
    await database[Symbol.asyncDispose]()
    server.kill('SIGINT')
    await until(
      'stopping',
      () => server.lines.some((line) => line.includes('"msg":"stopping"')),
      (isSo) => isSo,
    )
    return { server, stream }
  }

  it('at once, as Ctrl+C under npm and a signal to a process group do, finishes its streams and exits with 0', async () => {
    await using rig = await openRig({ name: 'PGlite' })
    rig.models.settings = { ...rig.models.settings, tokens: 20, paceMs: 100 }
    const { server, stream } = await stopping(rig)
    server.kill('SIGINT')
    server.kill('SIGTERM')
    expect((await stream.until('done')).data.finish_reason).toBe('stop')
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it('more than a second apart ends in the middle of its streams', async () => {
    await using rig = await openRig({ name: 'PGlite' })
    rig.models.settings = { ...rig.models.settings, tokens: 100_000, paceMs: 300 }
    const { server, stream } = await stopping(rig)
    const seen = stream.events.length
    await until(
      'more tokens',
      () => stream.events.length - seen,
      (more) => more > 5,
    )
    server.kill('SIGINT')
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await stream.ended.catch(() => {})
    expect(stream.events.map(({ event }) => event)).not.toContain('done')
  })
})

describe.each(lanes.slice(1))('a server with nothing to finish, on $name', { timeout: 180_000 }, (lane) => {
  it('says by SIGTERM for a while that it is not ready, so that a balancer sends nobody to a closed port', async () => {
    await using rig = await openRig(lane)
    const server = await rig.start()
    await using database = server.openDb()
    const { publicKey } = await newTenant(database.db)
    server.kill('SIGTERM')
    const ready = await until(
      'draining',
      () => get(server, '/health/ready'),
      ({ status }) => status === 503,
    )
    expect(ready.json).toEqual({ status: 'not_ready', reason: 'draining' })
    const refused = await get(server, `/api/widget/config/?public_key=${publicKey}`)
    expect(refused).toMatchObject({ status: 503, json: { error: 'unavailable' }, headers: { 'retry-after': '5' } })
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })
})

describe.each(lanes.slice(-1))(
  'a server that is told to stop while a provider never ends, on $name',
  { timeout: 180_000 },
  (lane) => {
    it('cuts the answer at its deadline with server_restarting and done, keeps what was written, and exits', async () => {
      await using rig = await openRig(lane)
      const server = await rig.start()
      const database = server.openDb()
      const tenant = await newTenant(database.db)
      rig.models.settings = { ...rig.models.settings, tokens: 100_000, paceMs: 500 }
      const { stream } = await ask(server, tenant)
      await stream.until('token')
      await database[Symbol.asyncDispose]()
      server.kill('SIGTERM')
      await stream.ended
      expect(stream.events.slice(-2)).toMatchObject([
        { event: 'error', data: { code: 'server_restarting' } },
        { event: 'done', data: { finish_reason: 'error' } },
      ])
      expect(await server.exited).toEqual({ code: 0, signal: null })
      const again = await rig.start()
      await using reopened = again.openDb()
      expect(await usage(reopened, tenant.workspaceId)).toEqual({ used: 0, reserved: 0 })
    })
  },
)

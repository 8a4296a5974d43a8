import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshAddress } from '../../server/testing/app.ts'
import { send } from '../../server/testing/http.ts'
import type { ServerProcess } from '../../server/testing/process.ts'
import { type Cuttable, startCuttable } from './cuttable.ts'
import { openRig, type Rig, until } from './rig.ts'

const redisUrl = process.env.TEST_REDIS_URL
const hasLanes = Boolean(redisUrl && process.env.TEST_DATABASE_URL)

describe.runIf(hasLanes)('two web processes with one Redis', { timeout: 180_000 }, () => {
  let rig: Rig
  let proxy: Cuttable
  let servers: [ServerProcess, ServerProcess]
  beforeAll(async () => {
    const { hostname, port } = new URL(redisUrl ?? '')
    proxy = await startCuttable({ host: hostname, port: Number(port || 6379) })
    rig = await openRig({ name: 'PostgreSQL' })
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` }
    servers = await Promise.all([rig.start('web', env), rig.start('web', env)])
  })
  afterAll(async () => {
    await rig[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  /** Statuses of `count` requests of one client; what is not rate limited is refused for its body. */
  async function knock(at: 0 | 1, count: number, localAddress: string): Promise<number[]> {
    const one = () => send(`${servers[at].url}/api/chat/`, { method: 'POST', body: '{', localAddress })
    const answers = await Promise.all(Array.from({ length: count }, one))
    return answers.map(({ status }) => status)
  }

  const limited = (statuses: number[]) => statuses.filter((status) => status === 429).length

  async function isShared(): Promise<boolean> {
    // Addresses of earlier runs may still be known to this Redis, so one that is not is looked for.
    const client = await until(
      'a fresh address',
      async () => {
        const address = `127.${64 + Math.floor(Math.random() * 60)}.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`
        return (await knock(0, 1, address))[0] === 400 ? address : ''
      },
      (address) => address !== '',
    )
    await knock(0, 59, client)
    return limited(await knock(1, 1, client)) === 1
  }

  it('share a client’s limit', async () => expect(await isShared()).toBe(true))

  it('each limit for themselves while it is away, and together again when it is back', async () => {
    proxy.cut()
    const client = freshAddress()
    expect(limited(await knock(0, 60, client))).toBe(0)
    expect(limited(await knock(0, 5, client))).toBe(5)
    expect(limited(await knock(1, 60, client))).toBe(0)
    proxy.restore()
    await until('shared', isShared, (shared) => shared)
  })

  it('answer while it takes connections but says nothing', async () => {
    proxy.stall()
    const client = freshAddress()
    expect(await knock(0, 1, client)).toEqual([400])
    proxy.restore()
    await until('shared', isShared, (shared) => shared)
  })
})

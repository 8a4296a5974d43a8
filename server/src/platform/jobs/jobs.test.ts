import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lanes, type TestDatabase } from '../../../testing/database.ts'
import { newId, type WorkspaceId } from '../id.ts'
import { silentLog } from '../log.ts'
import { enqueue, installJobs, type JobHandler, startJobs } from './jobs.ts'

/** Retries without their wait. */
async function hurry({ pool }: TestDatabase) {
  await pool.query("update pgboss.job set start_after = now() where state in ('created', 'retry')")
}

function recorder(run: (data: { n: number }) => void = () => {}) {
  const ran: number[] = []
  const gaveUp: number[] = []
  const handler: JobHandler<{ n: number }> = {
    async run(data) {
      ran.push(data.n)
      run(data)
    },
    async giveUp({ n }) {
      gaveUp.push(n)
    },
  }
  return { ran, gaveUp, handler }
}

const soon = { timeout: 20_000, interval: 50 }

describe.each(lanes)('$name › jobs', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const ports = () => ({ ...database, log: silentLog })

  test('a job runs once, whoever enqueued it before or while a worker is there', async () => {
    const { ran, handler } = recorder()
    await enqueue(database.db, 'count', { n: 1 })
    await using _jobs = await startJobs(ports(), { count: handler })
    await enqueue(database.db, 'count', { n: 2 })
    await vi.waitFor(() => expect([...ran].sort()).toEqual([1, 2]), soon)
  })

  test('a job of a transaction that is rolled back never runs', async () => {
    const { ran, handler } = recorder()
    await expect(
      database.db.transaction(async (tx) => {
        await enqueue(tx, 'count', { n: 3 })
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await using _jobs = await startJobs(ports(), { count: handler })
    await enqueue(database.db, 'count', { n: 4 })
    await vi.waitFor(() => expect(ran).toContain(4), soon)
    expect(ran).toEqual([4])
  })

  test('a job that fails is tried again, and given up after the sixth try', async () => {
    const { ran, gaveUp, handler } = recorder(() => {
      throw new Error('not today')
    })
    await using _jobs = await startJobs(ports(), { count: handler })
    await enqueue(database.db, 'count', { n: 5 })
    await vi.waitFor(async () => {
      await hurry(database)
      expect(gaveUp).toEqual([5])
    }, soon)
    expect(ran).toEqual([5, 5, 5, 5, 5, 5])
  })

  test('a job whose process died is tried again by the next one', async () => {
    await enqueue(database.db, 'count', { n: 6 })
    const dead = sql`update pgboss.job set state = 'active', started_on = now(),
      heartbeat_on = now() - interval '10 minutes' where data->'data'->>'n' = '6' and state = 'created'`
    expect((await database.db.execute(dead)).rowCount).toBe(1)
    const { ran, handler } = recorder()
    await using _jobs = await startJobs(ports(), { count: handler })
    await vi.waitFor(
      async () => {
        await hurry(database)
        expect(ran).toEqual([6])
      },
      { timeout: 40_000, interval: 100 },
    )
  })

  test('the end of the worker ends the job under way, which is tried again', async () => {
    const began = Promise.withResolvers<void>()
    const jobs = await startJobs(ports(), {
      wait: {
        run: (_data, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
            began.resolve()
          }),
        giveUp: async () => {},
      },
    })
    await enqueue(database.db, 'wait', {})
    await began.promise
    await jobs[Symbol.asyncDispose]()
    const { rows } = await database.pool.query("select state from pgboss.job where data->>'kind' = 'wait'")
    expect(rows).toEqual([{ state: 'retry' }])
  })

  test('one workspace’s jobs do not keep another’s waiting', async () => {
    const [busy, other] = [newId<WorkspaceId>(), newId<WorkspaceId>()]
    const ran: WorkspaceId[] = []
    const over = Promise.withResolvers<void>()
    await using _jobs = await startJobs(ports(), {
      turn: {
        async run({ workspaceId }) {
          ran.push(workspaceId)
          if (workspaceId === busy) await over.promise
        },
        giveUp: async () => {},
      } satisfies JobHandler<{ workspaceId: WorkspaceId }>,
    })
    for (let n = 0; n < 5; n++) await enqueue(database.db, 'turn', { workspaceId: busy })
    await enqueue(database.db, 'turn', { workspaceId: other })
    await vi.waitFor(() => expect(ran).toContain(other), soon)
    expect(ran.filter((id) => id === busy).length).toBeLessThan(5)
    over.resolve()
    await vi.waitFor(() => expect(ran).toHaveLength(6), soon)
  })

  test('a job for later is not run before', async () => {
    const { ran, handler } = recorder()
    await using _jobs = await startJobs(ports(), { count: handler })
    await enqueue(database.db, 'count', { n: 7 }, { afterMs: 600_000 })
    await enqueue(database.db, 'count', { n: 8 })
    await vi.waitFor(() => expect(ran).toEqual([8]), soon)
    await hurry(database)
    await vi.waitFor(() => expect(ran).toEqual([8, 7]), soon)
  })

  test('installing twice changes nothing', async () => {
    await installJobs(database)
    const { rows } = await database.pool.query("select name from pgboss.queue where name like 'jobs%' order by name")
    expect(rows).toEqual([{ name: 'jobs' }, { name: 'jobs-given-up' }])
  })
})

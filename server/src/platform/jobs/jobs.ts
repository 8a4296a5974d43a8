/**
 * Work that outlives a request: enqueued in the caller's transaction, run by whichever worker comes first, retried with
 * backoff, given up in words. On pg-boss, over our own pool, the same on both databases.
 */
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { PgBoss } from 'pg-boss'
import type { Db } from '../db/db.ts'
import type { WorkspaceId } from '../id.ts'
import type { Log } from '../log.ts'

/** One queue for all kinds of job, so that one poll serves them all; what it gave up waits in the other. */
const queue = 'jobs'
const givenUp = 'jobs-given-up'

/** A worker that dies is noticed after the heartbeat; a job that keeps failing is given up after about ten minutes. */
const queueOptions = {
  retryLimit: 5,
  retryDelay: 5,
  retryBackoff: true,
  retryDelayMax: 300,
  expireInSeconds: 900,
  heartbeatSeconds: 30,
  deadLetter: givenUp,
}

const pollSeconds = 0.5
/** A process runs so many jobs at a time, of one workspace fewer: another's find a place. */
const atOnce = { all: 3, ofWorkspace: 2 }
const stopMs = 5_000
/** After one error of the queue itself the next are not logged for so long. */
const quietMs = 30_000

export interface JobHandler<Data> {
  /** Must bear being run again from the start. A throw is a failed try; the signal ends the work when the server stops. */
  run(data: Data, signal: AbortSignal): Promise<void>
  /** After the last try, also when each ended in a crash. */
  giveUp(data: Data): Promise<void>
}

/** By kind; the data of a job is what its `enqueue` was given. */
export type JobHandlers = Record<string, JobHandler<unknown>>

interface StoredJob {
  kind: string
  data: unknown
}

/** Makes pg-boss's schema and our queues where they are missing. Part of the migration, so that `enqueue` needs no worker. */
export async function installJobs({ pool }: { pool: pg.Pool }): Promise<void> {
  const { rows } = await pool.query<{ exists: boolean }>("select to_regclass('pgboss.queue') is not null as exists")
  if (rows[0]?.exists) {
    const queues = await pool.query('select 1 from pgboss.queue where name = $1', [queue])
    if (queues.rowCount) return
  }
  const boss = await openBoss(pool, { supervise: false })
  await boss.start()
  await boss.createQueue(givenUp, { retryLimit: 20, retryDelay: 10, retryBackoff: true, retryDelayMax: 600 })
  await boss.createQueue(queue, queueOptions)
  await boss.stop({ close: false, graceful: false })
}

/**
 * Adds a job, to be run `afterMs` from now or later; with a transaction as `db` it exists if the transaction does. The
 * jobs of one group, by default a workspace, do not keep those of the others waiting.
 */
export async function enqueue(
  db: Db,
  kind: string,
  data: object,
  { afterMs = 0, group }: { afterMs?: number; group?: string } = {},
): Promise<void> {
  const job: StoredJob = { kind, data }
  const groupId = group ?? ('workspaceId' in data ? data.workspaceId : null)
  const { rowCount } = await db.execute(sql`
    insert into pgboss.job (name, data, group_id, start_after, policy, dead_letter, expire_seconds, heartbeat_seconds,
      retry_limit, retry_delay, retry_backoff, retry_delay_max, deletion_seconds, keep_until)
    select name, ${JSON.stringify(job)}::jsonb, ${groupId}, now() + make_interval(secs => ${afterMs / 1_000}),
      policy, dead_letter, expire_seconds, heartbeat_seconds,
      retry_limit, retry_delay, retry_backoff, retry_delay_max, deletion_seconds,
      now() + make_interval(secs => retention_seconds)
    from pgboss.queue where name = ${queue}`)
  if (rowCount !== 1) throw new Error('the queue of jobs is missing: the database is not migrated')
}

/** Takes away every job of the workspace, whatever its state; one that runs finds nothing left to do. */
export async function dropJobs(db: Db, workspaceId: WorkspaceId): Promise<void> {
  await db.execute(sql`
    delete from pgboss.job where group_id = ${workspaceId} or data->'data'->>'workspaceId' = ${workspaceId}`)
}

/** Whether no job runs and none could; one that waits for its next try does not count. */
export async function isIdle(db: Db): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from pgboss.job where name = ${queue}
      and (state = 'active' or (state in ('created', 'retry') and start_after <= now())) limit 1`)
  return rows.length === 0
}

/** Runs jobs until it is disposed: then those under way are told to end, and are tried again later. */
export async function startJobs(
  { pool, isEmbedded, log }: { pool: pg.Pool; isEmbedded: boolean; log: Log },
  handlers: JobHandlers,
): Promise<AsyncDisposable> {
  const boss = await openBoss(pool, { supervise: true })
  // A database that is away fails each poll: twice a second.
  let quietUntil = 0
  boss.on('error', (error) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + quietMs
    log.error({ err: error }, 'jobs')
  })
  boss.on('warning', ({ message }) => log.warn(message))
  await boss.start()
  // The embedded database has one process: what is active now belongs to one that died.
  if (isEmbedded) await failActive(boss, pool)

  const stopping = new AbortController()
  function handlerOf({ kind }: StoredJob) {
    const handler = handlers[kind]
    if (!handler) throw new Error(`no handler for jobs of kind ${kind}`)
    return handler
  }
  const polling = { pollingIntervalSeconds: pollSeconds, batchSize: 1 }
  await boss.work<StoredJob>(
    queue,
    { ...polling, localConcurrency: atOnce.all, localGroupConcurrency: atOnce.ofWorkspace },
    async ([job]) => {
      if (!job) return
      try {
        await handlerOf(job.data).run(job.data.data, AbortSignal.any([job.signal, stopping.signal]))
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ job: job.id, kind: job.data.kind, err: error }, 'job')
        throw error
      }
    },
  )
  await boss.work<StoredJob>(givenUp, { ...polling, pollingIntervalSeconds: 2 }, async ([job]) => {
    if (job) await handlerOf(job.data).giveUp(job.data.data)
  })
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the server is stopping'))
      await boss.stop({ close: false, graceful: true, timeout: stopMs })
    },
  }
}

/** Imported here alone, and late: it takes as long as all else that a start loads. */
async function openBoss(pool: pg.Pool, { supervise }: { supervise: boolean }): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss')
  return new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    supervise,
    superviseIntervalSeconds: 15,
    monitorIntervalSeconds: 15,
    schedule: false,
    registerInstance: false,
    reindex: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  })
}

async function failActive(boss: PgBoss, pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ id: string }>("select id from pgboss.job where name = $1 and state = 'active'", [
    queue,
  ])
  const ids = rows.map(({ id }) => id)
  if (ids.length > 0) await boss.fail(queue, ids, { message: 'the process ended while the job was running' })
}

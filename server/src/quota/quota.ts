/** Replies a month: reserved before the model is called, settled when the reply ends. Months are UTC and go by the database's clock. */
import { randomUUID } from 'node:crypto'
import { type SQL, sql } from 'drizzle-orm'
import { type PlanName, plans } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { WorkspaceId } from '../platform/id.ts'

/** One reply's place under the cap. Its month is the one in which it was reserved. */
export interface Hold {
  id: string
  month: string
}

export interface OverCap {
  plan: PlanName
  used: number
  cap: number
}

/** A reply's call of the model, and the one retry it may take. */
const callsPerReply = 2
/** Failed and stopped replies are free, but not without end: a month has so many calls of the model for each reply of the plan. */
const callsPerCap = 3

/** Renewed while its reply is written; a crash gives its places back after it. Longer than a database may be away. */
const leaseSeconds = 120
const lease = sql`now() + make_interval(secs => ${leaseSeconds})`

/**
 * Takes a place under the plan's cap, or says how far it is used up; it is, too, when failed and stopped replies have used
 * up the month's calls of the model. No number of concurrent callers passes either.
 * Throws `rate_limited` when the plan's number of concurrent replies is being written.
 */
export async function reserve(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  planName: PlanName,
): Promise<Hold | OverCap> {
  const plan = plans[planName]
  const hold = await take(db, workspaceId, planName)
  if (hold) return hold
  // What looks full may be held by replies whose process died. Whoever comes at the same time may have released them.
  await releaseExpired({ db }, workspaceId)
  const second = await take(db, workspaceId, planName)
  if (second) return second
  const { used, reserved, calls } = await thisMonthOf(db, workspaceId)
  const { messagesPerMonth: cap } = plan
  if (cap === null || (used + reserved < cap && calls + callsPerReply <= cap * callsPerCap)) {
    throw fail('rate_limited', {
      headers: {
        'retry-after': '5',
        'ratelimit-limit': String(plan.concurrentReplies),
        'ratelimit-remaining': '0',
        'ratelimit-reset': '5',
      },
    })
  }
  return { plan: planName, used, cap }
}

async function take(db: Db, workspaceId: WorkspaceId, plan: PlanName): Promise<Hold | null> {
  const values = valuesOfTake(workspaceId, plan)
  const { rows } = await db.execute<{ month: string }>(sql`
    with ${takeSql(values, sql`(select 1) always`)} select month::text as month from hold`)
  return rows[0] ? { id: values.holdId, month: rows[0].month } : null
}

/** A hold to be, as its statement takes it. */
export interface TakeValues {
  workspaceId: WorkspaceId
  holdId: string
  /** Replies a month, and at a time; null is without end. */
  cap: number | null
  concurrent: number | null
}

export function valuesOfTake(workspaceId: WorkspaceId, plan: PlanName): TakeValues {
  const { messagesPerMonth: cap, concurrentReplies: concurrent } = plans[plan]
  return { workspaceId, holdId: randomUUID(), cap, concurrent }
}

/** The parts `taken` and `hold` of a statement: `hold` has the `month`, and is empty where the plan leaves no place or `from` no row. */
export function takeSql({ workspaceId, holdId, cap, concurrent }: TakeValues, from: SQL): SQL {
  return sql`taken as (
      insert into usage_months as u (workspace_id, month, used, reserved, calls)
      select ${workspaceId}::uuid, ${thisMonth}, 0, 1, ${callsPerReply}::int from ${from}
      on conflict (workspace_id, month) do update set reserved = u.reserved + 1, calls = u.calls + ${callsPerReply}::int
        where (${cap}::int is null or
            (u.used + u.reserved < ${cap}::int and u.calls + ${callsPerReply}::int <= ${cap}::int * ${callsPerCap}::int))
          and (${concurrent}::int is null or u.reserved < ${concurrent}::int)
      returning month
    ), hold as (
      insert into holds (workspace_id, id, month, expires_at)
      select ${workspaceId}::uuid, ${holdId}::uuid, month, ${lease} from taken
      returning month
    )`
}

const thisMonth = sql`date_trunc('month', now() at time zone 'utc')::date`

/** A hold to settle, as its statement takes it; `calls` is how many were made. */
export interface SettleValues {
  workspaceId: WorkspaceId
  holdId: string
  month: string
  calls: number
}

/** The parts `gone` and `settled` of a statement: `count` is by how much the month's replies grow. */
export function settleSql({ workspaceId, holdId, month, calls }: SettleValues, count: SQL): SQL {
  return sql`gone as (
      delete from holds where workspace_id = ${workspaceId}::uuid and id = ${holdId}::uuid returning 1
    ), settled as (
      update usage_months set used = used + ${count}::int, reserved = reserved - (select count(*) from gone),
        calls = calls + (${calls}::int - ${callsPerReply}::int) * (select count(*) from gone)
      where workspace_id = ${workspaceId}::uuid and month = ${month}::date
    )`
}

/** For each second of a reply: its lease begins anew. */
export async function renew(
  { db }: { db: Db },
  holds: readonly { workspaceId: WorkspaceId; id: string }[],
): Promise<void> {
  if (holds.length === 0) return
  await db.execute(sql`
    with kept as (
      select h.workspace_id, h.id from holds h
      join jsonb_to_recordset(${JSON.stringify(holds)}::jsonb) as r("workspaceId" uuid, id uuid)
        on h.workspace_id = r."workspaceId" and h.id = r.id
      ${inOrder}
    )
    update holds h set expires_at = ${lease} from kept where h.workspace_id = kept.workspace_id and h.id = kept.id`)
}

/** Whoever locks several holds does it in one order: two in two orders would wait for each other. */
const inOrder = sql`order by h.workspace_id, h.id for update of h`

/** Gives back the places of holds whose lease has ended, of one workspace or of all, but not their calls; returns how many. */
export async function releaseExpired({ db }: { db: Db }, workspaceId: WorkspaceId | null): Promise<number> {
  return release(db, workspaceId, sql`expires_at < now()`)
}

/** Gives back every place: for the start of a process that knows itself to be the only one. */
export async function releaseAll({ db }: { db: Db }): Promise<number> {
  return release(db, null, sql`true`)
}

async function release(db: Db, workspaceId: WorkspaceId | null, condition: SQL): Promise<number> {
  const { rows } = await db.execute<{ released: number }>(sql`
    with ended as (
      select h.workspace_id, h.id from holds h
      where ${condition} and (${workspaceId}::uuid is null or h.workspace_id = ${workspaceId}::uuid)
      ${inOrder}
    ), gone as (
      delete from holds h using ended where h.workspace_id = ended.workspace_id and h.id = ended.id
      returning h.workspace_id, h.month
    ), counted as (
      select workspace_id, month, count(*)::int as n from gone group by workspace_id, month
    ), updated as (
      update usage_months u set reserved = u.reserved - c.n from counted c
      where u.workspace_id = c.workspace_id and u.month = c.month
    )
    select count(*)::int as released from gone`)
  return rows[0]?.released ?? 0
}

/** This month's replies: counted ones and those being written. */
export async function usage({ db }: { db: Db }, workspaceId: WorkspaceId): Promise<{ used: number; reserved: number }> {
  const { used, reserved } = await thisMonthOf(db, workspaceId)
  return { used, reserved }
}

export interface UsageMonth {
  /** Its first day, `2026-11-01`. */
  month: string
  used: number
  reserved: number
  calls: number
}

/** This month and the eleven before it, newest first, those without a reply too. */
export async function listMonths({ db }: { db: Db }, workspaceId: WorkspaceId): Promise<UsageMonth[]> {
  const { rows } = await db.execute<UsageMonth & Record<string, unknown>>(sql`
    select m::date::text as month, coalesce(used, 0) as used, coalesce(reserved, 0) as reserved, coalesce(calls, 0) as calls
    from generate_series(${thisMonth} - interval '11 months', ${thisMonth}, interval '1 month') m
    left join usage_months on workspace_id = ${workspaceId} and month = m::date
    order by m desc`)
  return rows
}

async function thisMonthOf(db: Db, workspaceId: WorkspaceId) {
  const { rows } = await db.execute<{ used: number; reserved: number; calls: number }>(sql`
    select used, reserved, calls from usage_months where workspace_id = ${workspaceId} and month = ${thisMonth}`)
  return rows[0] ?? { used: 0, reserved: 0, calls: 0 }
}

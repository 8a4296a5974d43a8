/** The two statements in which a turn and its place under the cap begin and end together: all of it is true, or none. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import {
  closeTurnSql,
  type Exchange,
  historySql,
  type NewTurn,
  openTurnSql,
  type SessionRef,
  type TurnOutcome,
} from '../conversations/conversations.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { type Hold, settleSql, takeSql } from '../quota/quota.ts'

/**
 * Null while another turn of the session is open or has its Idempotency-Key. Without a `plan` no place is taken; with one
 * `hold` is null where the plan leaves none. `before` are the session's last exchanges, newest first.
 */
export async function openTurn(
  db: Db,
  ref: SessionRef,
  turn: NewTurn,
  plan: PlanName | null,
): Promise<{ messageId: number; hold: Hold | null; before: Exchange[] } | null> {
  const holdId = randomUUID()
  const { rows } = await db.execute<{ id: number; month: string | null; history: Exchange[] | null }>(
    plan === null
      ? sql`with ${openTurnSql(ref, turn)} select id, null as month, null as history from turn`
      : sql`with ${openTurnSql(ref, turn)}, ${takeSql(ref.workspaceId, plan, holdId, sql`turn`)}
          select turn.id, hold.month::text as month, ${historySql(ref)} from turn left join hold on true`,
  )
  const [row] = rows
  if (!row) return null
  const hold = row.month === null ? null : { id: holdId, month: row.month }
  return { messageId: row.id, hold, before: row.history ?? [] }
}

/** Stores how the turn ended and settles its hold. What had ended before is left as it is, and counted once. */
export async function closeTurn(
  db: Db,
  ref: SessionRef,
  messageId: number,
  outcome: TurnOutcome,
  hold: Hold | null,
  { isCounted, calls }: { isCounted: boolean; calls: number },
): Promise<void> {
  const closed = closeTurnSql(ref, messageId, outcome)
  const count = sql`(select count(*) from closed where ${isCounted})`
  await db.execute(
    hold === null
      ? sql`with ${closed} select 1`
      : sql`with ${closed}, ${settleSql(ref.workspaceId, hold, count, calls)} select 1`,
  )
}

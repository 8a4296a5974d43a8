/** The two statements in which a turn and its place under the cap begin and end together: all of it is true, or none. */
import { sql } from 'drizzle-orm'
import {
  closeTurnSql,
  type EndValues,
  type Exchange,
  historySql,
  type NewTurn,
  openTurnSql,
  type SessionRef,
  type TurnOutcome,
  type TurnValues,
  valuesOfEnd,
  valuesOfTurn,
} from '../conversations/conversations.ts'
import { type IndexRow, indexSql, type Reading } from '../knowledge/knowledge.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { statement } from '../platform/db/statement.ts'
import { type Hold, type SettleValues, settleSql, type TakeValues, takeSql, valuesOfTake } from '../quota/quota.ts'

const open = statement<TurnValues, { id: number }>(
  'open_turn',
  (values) => sql`with ${openTurnSql(values)} select id from turn`,
)

const openAndTake = statement<
  TurnValues & TakeValues & { terms: string },
  { id: number; month: string | null; history: Exchange[] | null } & IndexRow
>(
  'open_turn_and_take',
  (values) => sql`
    with ${openTurnSql(values)}, ${takeSql(values, sql`turn`)}
    select turn.id, hold.month::text as month, ${historySql(values)}, found.*
    from turn left join hold on true left join (${indexSql(values)}) found on true`,
)

const close = statement<EndValues, object>('close_turn', (values) => sql`with ${closeTurnSql(values)} select 1`)

const closeAndSettle = statement<EndValues & SettleValues & { isCounted: boolean }, object>(
  'close_turn_and_settle',
  (values) => sql`
    with ${closeTurnSql(values)},
      ${settleSql(values, sql`(select count(*) filter (where ${values.isCounted}::boolean) from closed)`)} select 1`,
)

/**
 * Null while another turn of the session is open or has its Idempotency-Key. Without a `plan` no place is taken; with one
 * `hold` is null where the plan leaves none, and what a search reads first goes to `reading`, so that it need not ask for it.
 * `before` are the session's last exchanges, newest first.
 */
export async function openTurn(
  db: Db,
  ref: SessionRef,
  turn: NewTurn,
  plan: PlanName | null,
  reading: Reading,
): Promise<{ messageId: number; hold: Hold | null; before: Exchange[] } | null> {
  const values = valuesOfTurn(ref, turn)
  if (plan === null) {
    const [row] = await open(db, values)
    return row ? { messageId: row.id, hold: null, before: [] } : null
  }
  const place = valuesOfTake(ref.workspaceId, plan)
  const [row] = await openAndTake(db, { ...values, ...place, terms: reading.terms })
  if (!row) return null
  reading.take(row)
  const hold = row.month === null ? null : { id: place.holdId, month: row.month }
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
  const values = valuesOfEnd(ref, messageId, outcome)
  if (hold === null) await close(db, values)
  else await closeAndSettle(db, { ...values, holdId: hold.id, month: hold.month, isCounted, calls })
}

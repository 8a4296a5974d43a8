/** Retention: a bot's messages go once they are older than its owner wants them kept. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'

const batchRows = 1_000
/** Of the bot `b`; null where everything is kept, and then nothing is older. */
const oldest = sql`now() - make_interval(days => least(b.retention_days, 100000))`

/**
 * Deletes what is older than its bot keeps it, batch by batch: turns that have ended, then the sessions that are left with none.
 * Never a turn that is being written. Returns how many turns went.
 */
export async function deleteExpired({ db }: { db: Db }, batch = batchRows): Promise<number> {
  let turns = 0
  for (;;) {
    const { rowCount } = await db.execute(sql`
      delete from turns where id in (
        select t.id from bots b join turns t on t.workspace_id = b.workspace_id and t.bot_id = b.id
        where t.ended_at is not null and t.created_at < ${oldest}
        limit ${batch}
      ) and ended_at is not null`)
    turns += rowCount ?? 0
    if ((rowCount ?? 0) < batch) break
  }
  // A question that comes at this moment renews `last_turn_at`, and its session stays.
  await db.execute(sql`
    delete from sessions s using bots b
    where b.workspace_id = s.workspace_id and b.id = s.bot_id and s.last_turn_at < ${oldest} and not exists (
      select from turns t where t.workspace_id = s.workspace_id and t.bot_id = s.bot_id and t.session_id = s.session_id
    )`)
  return turns
}

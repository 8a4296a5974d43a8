/** Sign-ins, written down in every workspace that the person belongs to. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { UserId } from '../platform/id.ts'

/** `how` is `google`, `link` or `first_owner`. */
export async function recordSignIn(db: Db, userId: UserId, how: string): Promise<void> {
  await db.execute(sql`
    insert into audit_events (workspace_id, user_id, action, details)
    select workspace_id, ${userId}, 'sign_in', ${JSON.stringify({ how })}::jsonb from members where user_id = ${userId}`)
}

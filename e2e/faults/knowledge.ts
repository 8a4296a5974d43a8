import { sql } from 'drizzle-orm'
import type { Db } from '../../server/src/platform/db/db.ts'
import type { BotId, WorkspaceId } from '../../server/src/platform/id.ts'

/** From now on the bot asks its model whatever the question is: no score is too low for its empty index. */
export async function letAnswerAnything(db: Db, workspaceId: WorkspaceId, botId: BotId): Promise<void> {
  await db.execute(sql`
    insert into bot_indexes (workspace_id, bot_id, analysis_version, low_fused, low_lexical)
    values (${workspaceId}, ${botId}, 1, -1, -1)`)
}

/** Postings are made of the passages, so they can always be made anew. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { analysisVersion } from '../platform/text/analysis.ts'
import { insertPostings, type LockedIndex, type StoredPassage } from './index-store.ts'
import { passageTerms } from './postings.ts'

const passagesPerStatement = 200

/** Writes all postings of the bot anew and counts what there is, into `index` too. The caller holds the index's lock. */
export async function rebuildPostings(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  index: LockedIndex,
): Promise<void> {
  const bot = sql`workspace_id = ${workspaceId} and bot_id = ${botId}`
  await tx.execute(sql`delete from postings where ${bot}`)
  index.lexicon = {}
  index.analysisVersion = analysisVersion
  let from = -1
  for (;;) {
    const { rows } = await tx.execute<Record<string, unknown> & StoredPassage>(sql`
      select slot, length, title, headings, text, analysis from passages
      where ${bot} and slot > ${from} order by slot limit ${passagesPerStatement}`)
    const last = rows.at(-1)
    if (!last) return
    const counted = rows.map((passage) => ({
      ...passageTerms(passage),
      slot: passage.slot,
      analysis: passage.analysis,
    }))
    await insertPostings(tx, workspaceId, botId, counted)
    for (const { analysis, length } of counted) {
      const totals = index.lexicon[analysis] ?? { passages: 0, length: 0 }
      index.lexicon[analysis] = { passages: totals.passages + 1, length: totals.length + length }
    }
    await tx.execute(sql`
      update passages p set length = now.length
      from unnest(${sql.param(counted.map((one) => one.slot))}::int[], ${sql.param(counted.map((one) => one.length))}::int[])
        as now (slot, length)
      where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and p.slot = now.slot`)
    from = last.slot
  }
}

/** Whether pages or sources were deleted past this slice, whose postings are then still there. */
export async function hasLeftovers(
  tx: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  { lexicon }: Pick<LockedIndex, 'lexicon'>,
): Promise<boolean> {
  const { rows } = await tx.execute<{ passages: number }>(
    sql`select count(*) as passages from passages where workspace_id = ${workspaceId} and bot_id = ${botId}`,
  )
  return rows[0]?.passages !== Object.values(lexicon).reduce((sum, totals) => sum + totals.passages, 0)
}

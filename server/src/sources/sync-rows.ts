/** The rows of a source and its syncs, and the jobs that bring them on. */
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { SourceRef, SyncRef } from './pages.ts'
import { type Schedule, sources, syncs } from './tables.ts'

export type Source = typeof sources.$inferSelect
export type Sync = typeof syncs.$inferSelect

/** A slice of a sync. */
export const ingestSource = 'ingest-source'
export interface IngestSource extends SyncRef {
  slice: number
}
export const calibrateBot = 'calibrate-bot'
export const keepBotVectorIndex = 'keep-bot-vector-index'
export interface BotJob {
  workspaceId: WorkspaceId
  botId: BotId
}

export function isBot({ workspaceId, botId }: BotJob): SQL | undefined {
  return and(eq(sources.workspaceId, workspaceId), eq(sources.botId, botId))
}

export function isSource(ref: SourceRef): SQL | undefined {
  return and(isBot(ref), eq(sources.id, ref.sourceId))
}

export function isSyncOf({ workspaceId, botId, sourceId }: SourceRef): SQL | undefined {
  return and(eq(syncs.workspaceId, workspaceId), eq(syncs.botId, botId), eq(syncs.sourceId, sourceId))
}

export function isSync(ref: SyncRef): SQL | undefined {
  return and(isSyncOf(ref), eq(syncs.id, ref.syncId))
}

/** The source, held until the transaction ends: whoever changes its syncs holds it. */
export async function lockSource(tx: Db, ref: SourceRef): Promise<Source | null> {
  const [source] = await tx.select().from(sources).where(isSource(ref)).for('no key update')
  return source ?? null
}

export async function findOpenSync({ db }: { db: Db }, ref: SourceRef): Promise<Sync | null> {
  const [sync] = await db
    .select()
    .from(syncs)
    .where(and(isSyncOf(ref), isNull(syncs.endedAt)))
  return sync ?? null
}

const intervals = { daily: '1 day', weekly: '7 days', monthly: '1 month' }

/** When a source of this schedule is read again, from now on. */
export function nextSyncAt(schedule: Schedule): SQL | null {
  return schedule === 'off' ? null : sql`now() + ${intervals[schedule]}::interval`
}

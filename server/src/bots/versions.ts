/** What is live, and what was: each time the settings of a bot change for visitors, the bot has a next version. */
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { users } from '../identity/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { BotId, UserId, WorkspaceId } from '../platform/id.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { differenceOf, settingsOf } from './settings.ts'
import { type BotDraft, bots, botVersions } from './tables.ts'

/** The job that makes a bot's vectors anew. */
export const reindexBot = 'reindex-bot'

export type BotRow = typeof bots.$inferSelect
type NewBot = Omit<typeof bots.$inferInsert, 'workspaceId' | 'id' | 'draft' | 'version'>
export interface BotRef {
  workspaceId: WorkspaceId
  botId: BotId
}
export type Version = Pick<typeof botVersions.$inferSelect, 'number' | 'publishedAt'> & {
  publishedBy: { id: UserId; name: string | null; email: string | null } | null
}

/** Makes the bot and its first version, in a transaction. */
export async function insertBot(
  tx: Db,
  workspaceId: WorkspaceId,
  settings: NewBot,
  { id, userId }: { id: BotId; userId: UserId | null },
): Promise<BotId> {
  const [bot] = await tx
    .insert(bots)
    .values({ ...settings, workspaceId, id, version: 1 })
    .returning()
  if (bot) await keepVersion(tx, bot, userId)
  return id
}

/** Of a bot that is locked, what is no setting. */
export async function updateBot(
  tx: Db,
  { workspaceId, id }: BotRow,
  change: Partial<Pick<BotRow, 'draft' | 'isEnabled' | 'retentionDays' | 'deletedAt'>>,
): Promise<void> {
  await tx
    .update(bots)
    .set({ ...change, updatedAt: sql`now()` })
    .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, id)))
}

/** Makes `settings` the next version of a bot that is locked. What the draft says beyond them stays its draft. */
export async function makeLive(tx: Db, bot: BotRow, settings: BotDraft, userId: UserId | null): Promise<BotRow> {
  const [live = bot] = await tx
    .update(bots)
    .set({
      ...settings,
      version: bot.version + 1,
      draft: bot.draft && differenceOf({ ...settings, ...bot.draft }, settings),
      updatedAt: sql`now()`,
    })
    .where(and(eq(bots.workspaceId, bot.workspaceId), eq(bots.id, bot.id)))
    .returning()
  await keepVersion(tx, live, userId)
  if (live.embeddingModel !== bot.embeddingModel)
    await enqueue(tx, reindexBot, { workspaceId: bot.workspaceId, botId: bot.id })
  return live
}

async function keepVersion(tx: Db, bot: BotRow, publishedBy: UserId | null): Promise<void> {
  const { workspaceId, id: botId, version: number } = bot
  await tx.insert(botVersions).values({ workspaceId, botId, number, settings: settingsOf(bot), publishedBy })
}

/** The newest first, from below `before`. */
export async function listVersions(
  { db }: { db: Db },
  ref: BotRef,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Version[]> {
  const rows = await selectVersions(db)
    .where(and(ofBot(ref), before === undefined ? undefined : lt(botVersions.number, before)))
    .orderBy(desc(botVersions.number))
    .limit(limit)
  return rows.map(({ settings: _, ...version }) => version)
}

/** Throws `not_found`. */
export async function getVersion(
  { db }: { db: Db },
  ref: BotRef,
  number: string,
): Promise<Version & { settings: BotDraft }> {
  const [version] = /^\d{1,9}$/.test(number)
    ? await selectVersions(db).where(and(ofBot(ref), eq(botVersions.number, Number(number))))
    : []
  if (!version) throw fail('not_found')
  return version
}

function selectVersions(db: Db) {
  const { number, settings, publishedAt } = botVersions
  const { id, name, email } = users
  return db
    .select({ number, settings, publishedAt, publishedBy: { id, name, email } })
    .from(botVersions)
    .leftJoin(users, eq(users.id, botVersions.publishedBy))
    .$dynamic()
}

function ofBot({ workspaceId, botId }: BotRef) {
  return and(eq(botVersions.workspaceId, workspaceId), eq(botVersions.botId, botId))
}

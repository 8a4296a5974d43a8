/** A bot as its owner edits it: made, switched, its one draft changed, published, restored. Each change of a bot locks its row. */
import { and, asc, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, newId, type UserId, type WorkspaceId } from '../platform/id.ts'
import {
  changesBetween,
  checkSettings,
  type DraftChange,
  differenceOf,
  draftOf,
  overlaid,
  settingsOf,
} from './settings.ts'
import { type BotDraft, bots } from './tables.ts'
import { type BotRef, type BotRow, getVersion, insertBot, makeLive, updateBot } from './versions.ts'

interface ListOptions {
  q: string | undefined
  sort: 'name' | 'newest' | 'oldest'
  /** The last bot of the page before. */
  after: string | undefined
  limit: number
}

const orders: Record<ListOptions['sort'], { key: SQL; direction: typeof asc; isAfter: SQL }> = {
  name: { key: sql`lower(${bots.name})`, direction: asc, isAfter: sql`>` },
  newest: { key: sql`${bots.createdAt}`, direction: desc, isAfter: sql`<` },
  oldest: { key: sql`${bots.createdAt}`, direction: asc, isAfter: sql`>` },
}

export async function listBots(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  { q, sort, after, limit }: ListOptions,
): Promise<BotRow[]> {
  const { key, direction, isAfter } = orders[sort]
  const place = sql`(${key}, ${bots.id})`
  const ofWorkspace = eq(bots.workspaceId, workspaceId)
  return db
    .select()
    .from(bots)
    .where(
      and(
        ofWorkspace,
        isNull(bots.deletedAt),
        q ? sql`strpos(lower(${bots.name}), lower(${q})) > 0` : undefined,
        after
          ? sql`${place} ${isAfter} (select ${key}, ${bots.id} from ${bots} where ${ofWorkspace} and ${bots.id} = ${after})`
          : undefined,
      ),
    )
    .orderBy(direction(key), direction(bots.id))
    .limit(limit)
}

/** Throws `not_found`. */
export async function getBot({ db }: { db: Db }, { workspaceId, botId }: BotRef): Promise<BotRow> {
  const [bot] = await db.select().from(bots).where(isBot(workspaceId, botId))
  if (!bot) throw fail('not_found')
  return bot
}

/** Likewise; nobody else changes the bot until the transaction has ended. */
export async function lockBot(tx: Db, { workspaceId, botId }: BotRef): Promise<BotRow> {
  const [bot] = await tx.select().from(bots).where(isBot(workspaceId, botId)).for('no key update')
  if (!bot) throw fail('not_found')
  return bot
}

function isBot(workspaceId: WorkspaceId, botId: BotId) {
  return and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId), isNull(bots.deletedAt))
}

/** Throws `invalid_request` as `checkSettings` does. */
export async function createBot(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
  settings: DraftChange & { name: string },
): Promise<BotRef> {
  return db.transaction(async (tx) => {
    await checkSettings({ db: tx }, workspaceId, settings)
    const id = newId<BotId>()
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
    const botId = await insertBot(tx, workspaceId, { ...given, name: settings.name }, { id, userId })
    const target = { kind: 'bot', id, name: settings.name }
    await recordEvent(tx, workspaceId, { userId, action: 'bot.created', target })
    return { workspaceId, botId }
  })
}

export interface BotSwitches {
  isEnabled: boolean | undefined
  retentionDays: number | null | undefined
}

/** Of a bot that is locked. */
export async function switchBot(
  tx: Db,
  bot: BotRow,
  userId: UserId,
  { isEnabled = bot.isEnabled, retentionDays = bot.retentionDays }: BotSwitches,
): Promise<void> {
  await updateBot(tx, bot, { isEnabled, retentionDays })
  if (isEnabled !== bot.isEnabled) await record(tx, bot, userId, isEnabled ? 'bot.enabled' : 'bot.disabled')
  if (retentionDays !== bot.retentionDays)
    await record(tx, bot, userId, 'bot.changed', { retention_days: retentionDays })
}

/** It answers nothing from now on; its sources and files leave by their jobs. Throws `not_found`. */
export async function deleteBot({ db }: { db: Db }, ref: BotRef, userId: UserId): Promise<void> {
  await db.transaction(async (tx) => {
    const bot = await lockBot(tx, ref)
    await updateBot(tx, bot, { deletedAt: new Date(), draft: null })
    await record(tx, bot, userId, 'bot.deleted')
  })
}

/** Of a bot that is locked. Throws `invalid_request` as `checkSettings` does. */
export async function changeDraft(tx: Db, bot: BotRow, userId: UserId, change: DraftChange): Promise<BotRow> {
  await checkSettings({ db: tx }, bot.workspaceId, change)
  const draft = overlaid(draftOf(bot), change)
  const fields = changesBetween(draft, draftOf(bot))
  if (fields.length === 0) return bot
  const moderation = fields.filter((field) => field.startsWith('moderation_'))
  if (moderation.length > 0) await record(tx, bot, userId, 'moderation.changed', { fields: moderation })
  if (moderation.length < fields.length) await record(tx, bot, userId, 'bot.changed', { fields })
  return keepDraft(tx, bot, draft)
}

/** Of a bot that is locked. */
export async function discardDraft(tx: Db, bot: BotRow, userId: UserId): Promise<BotRow> {
  if (bot.draft) await record(tx, bot, userId, 'bot.changed', { discarded: Object.keys(bot.draft).length })
  return keepDraft(tx, bot, settingsOf(bot))
}

/** Of a bot that is locked. Throws `not_found` for a version that is not there. */
export async function restoreVersion(tx: Db, bot: BotRow, userId: UserId, number: string): Promise<BotRow> {
  const { settings } = await getVersion({ db: tx }, { workspaceId: bot.workspaceId, botId: bot.id }, number)
  await record(tx, bot, userId, 'bot.restored', { version: Number(number) })
  return keepDraft(tx, bot, overlaid(bot, { ...settings, translations: settings.translations ?? null }))
}

/** Of a bot that is locked. Throws `conflict` when nothing differs, and `invalid_request` for what could be kept then and cannot now. */
export async function publishDraft(tx: Db, bot: BotRow, userId: UserId): Promise<BotRow> {
  const draft = draftOf(bot)
  const fields = changesBetween(draft, bot)
  if (fields.length === 0) throw fail('conflict', { detail: 'There is nothing to publish: the draft is what is live.' })
  await checkSettings({ db: tx }, bot.workspaceId, draft)
  const live = await makeLive(tx, bot, draft, userId)
  await record(tx, live, userId, 'bot.published', { version: live.version, fields })
  return live
}

async function keepDraft(tx: Db, bot: BotRow, settings: BotDraft): Promise<BotRow> {
  const draft = differenceOf(settings, bot)
  await updateBot(tx, bot, { draft })
  return { ...bot, draft }
}

async function record(
  tx: Db,
  { workspaceId, id, name }: BotRow,
  userId: UserId,
  action: Parameters<typeof recordEvent>[2]['action'],
  details?: Record<string, unknown>,
): Promise<void> {
  await recordEvent(tx, workspaceId, { userId, action, target: { kind: 'bot', id, name }, ...(details && { details }) })
}

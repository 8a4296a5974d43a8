/** Bots owns what a bot is: its name, instructions, model, look and words. */
import { isDeepStrictEqual } from 'node:util'
import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, newId, type WorkspaceId } from '../platform/id.ts'
import { changesBetween, draftOf, overlaid } from './settings.ts'
import { type BotDraft, bots } from './tables.ts'
import { insertBot, makeLive, updateBot } from './versions.ts'

const {
  draft: _draft,
  version: _version,
  retentionDays: _retentionDays,
  translations: _translations,
  ...columns
} = getTableColumns(bots)
/** What answering and the widget look at. A key's statement reads it at every request: what only owners see stays out. */
export const liveColumns = columns
export type Bot = Omit<typeof bots.$inferSelect, 'draft' | 'version' | 'retentionDays' | 'translations'>
type NewBot = typeof bots.$inferInsert
export type BotSettings = Partial<Omit<NewBot, 'workspaceId' | 'id' | 'name' | 'draft' | 'version'>> & { name: string }

export { removeUnusedAvatars } from './avatars.ts'
export { reindexBot } from './versions.ts'

/** Said when nothing in the knowledge answers, unless the bot has words of its own. */
export const defaultUnknownAnswer = 'I don’t know. I found nothing about that in the sources I was given.'
export const defaultGreeting = 'Hello! Ask me anything about what you find here.'
export const defaultFallback = 'Sorry, I can’t help with that.'

/** The model as `provider:model`, or null for the instance's default, and the credential that the bot chose. */
export async function embeddingChoiceOf(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
): Promise<Pick<Bot, 'embeddingModel' | 'credentialId'>> {
  const [bot] = await db
    .select({ embeddingModel: bots.embeddingModel, credentialId: bots.credentialId })
    .from(bots)
    .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId)))
  return bot ?? { embeddingModel: null, credentialId: null }
}

/** A bot of this workspace that is neither switched off nor deleted; as its draft says, where that is asked for. */
export async function findLiveBot(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  version: 'live' | 'draft' = 'live',
): Promise<Bot | null> {
  const [bot] = await db
    .select()
    .from(bots)
    .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId), isNull(bots.deletedAt), eq(bots.isEnabled, true)))
  if (!bot || version === 'live') return bot ?? null
  // Its passages have the vectors of the model that is live.
  return { ...bot, ...draftOf(bot), embeddingModel: bot.embeddingModel }
}

/** What its owner says in other languages than the default, by their tags. */
export async function translationsOf(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
): Promise<BotDraft['translations']> {
  const isBot = and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId))
  const [bot] = await db.select({ translations: bots.translations }).from(bots).where(isBot)
  return bot?.translations ?? null
}

/** Whether the workspace has this bot, switched off or not. */
async function hasBot({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<boolean> {
  const isThere = and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId), isNull(bots.deletedAt))
  const [bot] = await db.select({ id: bots.id }).from(bots).where(isThere)
  return bot !== undefined
}

/** For the doors whose path names a bot: throws `not_found` for one that the workspace does not have. */
export function requireBot(ports: { db: Db }) {
  return async ({ caller, params }: { caller: { workspaceId: WorkspaceId }; params: Record<string, string> }) => {
    if (params.botId && !(await hasBot(ports, caller.workspaceId, params.botId as BotId))) throw fail('not_found')
  }
}

/**
 * Makes the bot, or updates the one of this id or, without an id, of this name. A deleted bot's name is free again; one
 * that is to be deleted is found even if it is already. What becomes live is a version.
 */
export async function saveBot(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  settings: BotSettings,
  botId?: BotId,
): Promise<BotId> {
  return db.transaction(async (tx) => {
    const [known] = await tx
      .select()
      .from(bots)
      .where(
        and(
          eq(bots.workspaceId, workspaceId),
          botId ? eq(bots.id, botId) : eq(bots.name, settings.name),
          botId || settings.deletedAt ? undefined : isNull(bots.deletedAt),
        ),
      )
      .orderBy(sql`${bots.deletedAt} desc nulls first`, bots.createdAt)
      .limit(1)
      .for('no key update')
    if (!known) return insertBot(tx, workspaceId, settings, { id: botId ?? newId<BotId>(), userId: null })
    const standing = { isEnabled: known.isEnabled, retentionDays: known.retentionDays, deletedAt: known.deletedAt }
    const { isEnabled = known.isEnabled, retentionDays = known.retentionDays, deletedAt = known.deletedAt } = settings
    const switches = { isEnabled, retentionDays, deletedAt: deletedAt && (known.deletedAt ?? deletedAt) }
    if (!isDeepStrictEqual(switches, standing)) await updateBot(tx, known, switches)
    const saved = overlaid(known, settings)
    if (changesBetween(saved, known).length > 0) await makeLive(tx, known, saved, null)
    return known.id
  })
}

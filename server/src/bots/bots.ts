/** Bots owns what a bot is: its name, instructions, model, look and words. */
import { isDeepStrictEqual } from 'node:util'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, newId, type WorkspaceId } from '../platform/id.ts'
import { enqueue } from '../platform/jobs/jobs.ts'
import { bots } from './tables.ts'

export type Bot = typeof bots.$inferSelect
export type BotSettings = Partial<Omit<typeof bots.$inferInsert, 'workspaceId' | 'id' | 'name'>> & { name: string }

/** Said when nothing in the knowledge answers, unless the bot has words of its own. */
export const defaultUnknownAnswer = 'I don’t know. I found nothing about that in the sources I was given.'
export const defaultGreeting = 'Hello! Ask me anything about what you find here.'
export const defaultFallback = 'Sorry, I can’t help with that.'

/** The job that makes a bot's vectors anew. */
export const reindexBot = 'reindex-bot'

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

/** A bot of this workspace that is neither switched off nor deleted. */
export async function findLiveBot({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<Bot | null> {
  const [bot] = await db
    .select()
    .from(bots)
    .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, botId), isNull(bots.deletedAt), eq(bots.isEnabled, true)))
  return bot ?? null
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
 * that is to be deleted is found even if it is already.
 */
export async function saveBot(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  settings: BotSettings,
  botId?: BotId,
): Promise<BotId> {
  const [known] = await db
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
  if (!known) {
    const id = botId ?? newId<BotId>()
    await db.insert(bots).values({ ...settings, workspaceId, id })
    return id
  }
  const changed = settings.deletedAt && known.deletedAt ? { ...settings, deletedAt: known.deletedAt } : settings
  if (isDeepStrictEqual({ ...known, ...changed }, known)) return known.id
  const { embeddingModel = known.embeddingModel } = changed
  await db.transaction(async (tx) => {
    await tx
      .update(bots)
      .set({ ...changed, updatedAt: sql`now()` })
      .where(and(eq(bots.workspaceId, workspaceId), eq(bots.id, known.id)))
    if (embeddingModel !== known.embeddingModel) await enqueue(tx, reindexBot, { workspaceId, botId: known.id })
  })
  return known.id
}

/** Keys owns public keys: whom they speak for, from which origins, and since when no more. */
import { and, eq, sql } from 'drizzle-orm'
import { type Bot, liveColumns } from '../bots/bots.ts'
import { bots } from '../bots/tables.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { statement } from '../platform/db/statement.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, type KeyId, newId, newPublicKey, type WorkspaceId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { workspaces } from '../workspaces/tables.ts'
import { allowsOrigin, normaliseDomain } from './origin.ts'
import { noteRefusedOrigin } from './refused-origins.ts'
import { keys } from './tables.ts'

export { allowsOrigin, normaliseDomain } from './origin.ts'

/** What a public key opens. */
export interface Caller {
  keyId: KeyId
  workspaceId: WorkspaceId
  botId: BotId
  plan: PlanName
  bot: Bot
  lastUsedAt: Date | null
}

/** How long a key's "last used" may lag. */
const lastUsedLagMs = 60_000

interface KeyRow extends Omit<Caller, 'bot'> {
  domains: string[]
  bot: string
}

const botColumns = Object.entries(liveColumns).map(([name, column]) => sql`${sql.raw(`'${name}'`)}, ${column}`)

/** The bot as one text: as columns it would cost more to read than all else of the statement. */
const selectKey = statement<{ publicKey: string }, KeyRow>(
  'identify_key',
  ({ publicKey }) => sql`
    select ${keys.id} as "keyId", ${keys.workspaceId} as "workspaceId", ${keys.botId} as "botId", ${keys.domains},
      ${keys.lastUsedAt} as "lastUsedAt", ${workspaces.plan}, json_build_object(${sql.join(botColumns, sql`, `)})::text as bot
    from ${keys} join ${bots} on ${bots.workspaceId} = ${keys.workspaceId} and ${bots.id} = ${keys.botId}
      join ${workspaces} on ${workspaces.id} = ${keys.workspaceId}
    where ${keys.publicKey} = ${publicKey} and ${keys.revokedAt} is null and ${workspaces.suspendedAt} is null`,
)

/** Bots as they were read last, and of which text. */
const readBots = new Map<BotId, { text: string; bot: Bot }>()
const maxReadBots = 1_000

function readBot(id: BotId, text: string): Bot {
  const known = readBots.get(id)
  if (known?.text === text) return known.bot
  if (readBots.size >= maxReadBots) readBots.clear()
  const row: Bot = JSON.parse(text)
  const { createdAt, updatedAt, deletedAt } = row
  const instants = { createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }
  const bot = { ...row, ...instants, deletedAt: deletedAt && new Date(deletedAt) }
  readBots.set(id, { text, bot })
  return bot
}

/**
 * Throws `invalid_api_key` for a key that is unknown, malformed, revoked or of a suspended workspace (always the same),
 * then `origin_not_allowed`. Whether the bot is live is asked last, by `requireLive`.
 */
export async function identify({ db }: { db: Db }, publicKey: unknown, origin: string | undefined): Promise<Caller> {
  if (typeof publicKey !== 'string' || !/^mvc_pk_[\w-]{8,120}$/.test(publicKey)) throw fail('invalid_api_key')
  const [row] = await selectKey(db, { publicKey })
  if (!row) throw fail('invalid_api_key')
  const { domains, ...caller } = row
  if (!allowsOrigin(domains, origin)) {
    noteRefusedOrigin({ db }, caller, origin)
    throw fail('origin_not_allowed')
  }
  return { ...caller, bot: readBot(row.botId, row.bot) }
}

/** Throws `bot_not_found` when the bot is switched off or deleted. */
export function requireLive(caller: Caller): Caller {
  if (!caller.bot.isEnabled || caller.bot.deletedAt) throw fail('bot_not_found')
  return caller
}

/** Notes that the key has asked a question. */
export async function noteUse({ db }: { db: Db }, { workspaceId, keyId, lastUsedAt }: Caller): Promise<void> {
  if (Date.now() - (lastUsedAt?.getTime() ?? 0) < lastUsedLagMs) return
  await db
    .update(keys)
    .set({ lastUsedAt: sql`now()` })
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, keyId)))
}

/** Of each key when it was last noted that a page loaded the widget. Those of long ago are forgotten with the oldest. */
const seen = new Map<KeyId, number>()
const maxSeen = 10_000

/** Notes that a page has loaded the widget with the key: once a minute in a process, and nobody waits for it. */
export function noteSeen({ db, log }: { db: Db; log: Log }, { workspaceId, keyId }: Caller): void {
  if (Date.now() - (seen.get(keyId) ?? 0) < lastUsedLagMs) return
  seen.delete(keyId)
  seen.set(keyId, Date.now())
  if (seen.size > maxSeen) for (const oldest of seen.keys().take(1)) seen.delete(oldest)
  db.update(keys)
    .set({ lastSeenAt: sql`now()` })
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, keyId)))
    .catch((error: unknown) => log.warn({ err: error, keyId }, 'the load of a widget could not be noted'))
}

export interface KeySettings {
  name: string
  domains: string[]
  /** One that is to be kept; made when absent. */
  publicKey?: string | undefined
  isRevoked: boolean
}

/** Makes the key, or updates the one of this name at the bot. A revoked key stays revoked. Throws an Error in words for a bad domain. */
export async function saveKey(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  settings: KeySettings,
): Promise<{ id: KeyId; publicKey: string }> {
  const domains = settings.domains.map(normaliseDomain)
  const [known] = await db
    .select({ id: keys.id, publicKey: keys.publicKey })
    .from(keys)
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.botId, botId), eq(keys.name, settings.name)))
    .orderBy(keys.createdAt)
    .limit(1)
  const key = known ?? { id: newId<KeyId>(), publicKey: settings.publicKey ?? newPublicKey() }
  if (known) {
    await db
      .update(keys)
      .set({ domains })
      .where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, key.id)))
  } else {
    await db
      .insert(keys)
      .values({ workspaceId, botId, id: key.id, name: settings.name, publicKey: key.publicKey, domains })
  }
  if (settings.isRevoked) await revokeKey({ db }, workspaceId, key.id)
  return key
}

/** Whether the key has been revoked, or its workspace suspended. */
export async function isRevoked({ db }: { db: Db }, workspaceId: WorkspaceId, keyId: KeyId): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from keys k join workspaces w on w.id = k.workspace_id
    where k.workspace_id = ${workspaceId} and k.id = ${keyId} and k.revoked_at is null and w.suspended_at is null`)
  return rows.length === 0
}

/** From now on the key opens nothing; replies in flight with it are ended within a second. It cannot be undone. */
export async function revokeKey({ db }: { db: Db }, workspaceId: WorkspaceId, keyId: KeyId): Promise<void> {
  await db
    .update(keys)
    .set({ revokedAt: sql`coalesce(revoked_at, now())` })
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, keyId)))
}

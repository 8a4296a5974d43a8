/** Keys as their owner sees and changes them. Each change locks the key. */
import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type BotId, type KeyId, newId, newPublicKey, type UserId, type WorkspaceId } from '../platform/id.ts'
import { revokeKey as endKey } from './keys.ts'
import { allowsOrigin, domainOf, normaliseDomain } from './origin.ts'
import { forgetRefusedOrigins } from './refused-origins.ts'
import { keys, refusedOrigins } from './tables.ts'

export interface KeyRef {
  workspaceId: WorkspaceId
  botId: BotId
  keyId: KeyId
}
export type Key = typeof keys.$inferSelect
type Refused = Pick<typeof refusedOrigins.$inferSelect, 'origin' | 'times' | 'lastAt'>
export type KeyReport = Key & { refused: Refused[] }

const maxDomains = 200

/** The newest first, from below the key `after`. */
export async function listKeys(
  { db }: { db: Db },
  { workspaceId, botId }: Omit<KeyRef, 'keyId'>,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<KeyReport[]> {
  const ofBot = and(eq(keys.workspaceId, workspaceId), eq(keys.botId, botId))
  const isBelow =
    after &&
    sql`(${keys.createdAt}, ${keys.id}) < (select created_at, id from ${keys} where ${ofBot} and id = ${after})`
  return readKeys(db, workspaceId, and(ofBot, isBelow || undefined), limit)
}

/** Throws `not_found`. */
export async function getKey({ db }: { db: Db }, ref: KeyRef): Promise<KeyReport> {
  const [key] = await readKeys(db, ref.workspaceId, isKey(ref), 1)
  if (!key) throw fail('not_found')
  return key
}

async function readKeys(db: Db, workspaceId: WorkspaceId, which: SQL | undefined, limit: number): Promise<KeyReport[]> {
  const found = await db.select().from(keys).where(which).orderBy(desc(keys.createdAt), desc(keys.id)).limit(limit)
  const ids = found.map(({ id }) => id)
  const refused = await db
    .select()
    .from(refusedOrigins)
    .where(and(eq(refusedOrigins.workspaceId, workspaceId), inArray(refusedOrigins.keyId, ids)))
    .orderBy(desc(refusedOrigins.lastAt), refusedOrigins.origin)
  return found.map((key) => ({ ...key, refused: refused.filter(({ keyId }) => keyId === key.id) }))
}

/** Throws `not_found`, and `conflict` for a key that is revoked. */
export async function lockKey(tx: Db, ref: KeyRef): Promise<Key> {
  const [key] = await tx.select().from(keys).where(isKey(ref)).for('update')
  if (!key) throw fail('not_found')
  if (key.revokedAt)
    throw fail('conflict', { detail: 'The key is revoked, which cannot be undone. Make a new one instead.' })
  return key
}

function isKey({ workspaceId, botId, keyId }: KeyRef) {
  return and(eq(keys.workspaceId, workspaceId), eq(keys.botId, botId), eq(keys.id, keyId))
}

/**
 * As they are kept. Throws `invalid_request` that names each entry which is no domain, and for an empty list unless it
 * is said that any origin is to be accepted.
 */
export function readDomains(entries: readonly string[], acceptAnyOrigin: true | undefined): string[] {
  if (entries.length === 0 && !acceptAnyOrigin) {
    const detail =
      'domains: an empty list lets every website use the key. Name the domains, or say accept_any_origin: true.'
    throw fail('invalid_request', { detail })
  }
  const problems: string[] = []
  const domains = entries.flatMap((entry, at) => {
    try {
      return [normaliseDomain(entry)]
    } catch (error) {
      problems.push(`domains.${at}: ${error instanceof Error ? error.message : ''}`)
      return []
    }
  })
  if (problems.length > 0) throw fail('invalid_request', { detail: problems.join('; ') })
  return [...new Set(domains)]
}

/** With what `readDomains` gave. */
export async function createKey(
  { db }: { db: Db },
  bot: Omit<KeyRef, 'keyId'>,
  userId: UserId,
  { name, domains }: Pick<Key, 'name' | 'domains'>,
): Promise<KeyRef> {
  return db.transaction((tx) => insertKey(tx, bot, userId, { name, domains }, 'key.created', { domains }))
}

async function insertKey(
  tx: Db,
  { workspaceId, botId }: Omit<KeyRef, 'keyId'>,
  userId: UserId,
  { name, domains }: Pick<Key, 'name' | 'domains'>,
  action: 'key.created' | 'key.rotated',
  details: Record<string, unknown>,
): Promise<KeyRef> {
  const id = newId<KeyId>()
  await tx.insert(keys).values({ workspaceId, botId, id, name, domains, publicKey: newPublicKey() })
  await recordEvent(tx, workspaceId, { userId, action, target: { kind: 'key', id, name }, details })
  return { workspaceId, botId, keyId: id }
}

/** Of a key that is locked, with what `readDomains` gave. */
export async function changeKey(
  tx: Db,
  key: Key,
  userId: UserId,
  { name = key.name, domains = key.domains }: { name?: string | undefined; domains?: string[] | undefined },
): Promise<void> {
  const { workspaceId, id } = key
  await tx
    .update(keys)
    .set({ name, domains })
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, id)))
  const target = { kind: 'key', id, name }
  await recordEvent(tx, workspaceId, { userId, action: 'key.changed', target, details: { domains } })
  await forgetRefusedOrigins(tx, workspaceId, id, (origin) => allowsOrigin(domains, origin))
}

/** A second key with the same domains; the first goes on working. Throws as `lockKey` does. */
export async function rotateKey({ db }: { db: Db }, ref: KeyRef, userId: UserId): Promise<KeyRef> {
  return db.transaction(async (tx) => {
    const { id, name, domains } = await lockKey(tx, ref)
    const day = new Date().toISOString().slice(0, 10)
    const base = name.replace(/ \(rotated \d{4}-\d\d-\d\d\)$/, '').slice(0, 170)
    return insertKey(tx, ref, userId, { name: `${base} (rotated ${day})`, domains }, 'key.rotated', { from: id })
  })
}

/** It cannot be undone, and a second time changes nothing. Throws `not_found`. */
export async function revokeKey({ db }: { db: Db }, ref: KeyRef, userId: UserId): Promise<void> {
  await db.transaction(async (tx) => {
    const [key] = await tx.select().from(keys).where(isKey(ref)).for('update')
    if (!key) throw fail('not_found')
    if (key.revokedAt) return
    await endKey({ db: tx }, ref.workspaceId, key.id)
    const target = { kind: 'key', id: key.id, name: key.name }
    await recordEvent(tx, ref.workspaceId, { userId, action: 'key.revoked', target })
  })
}

/** Throws `invalid_request` for what no browser sends, and `conflict` for a key that takes any origin or is full. */
export async function allowOrigin({ db }: { db: Db }, ref: KeyRef, userId: UserId, origin: string): Promise<void> {
  const domain = domainOf(origin)
  if (!domain) throw fail('invalid_request', { detail: 'origin: must be one such as https://example.com' })
  await db.transaction(async (tx) => {
    const key = await lockKey(tx, ref)
    if (key.domains.length === 0) throw fail('conflict', { detail: 'The key takes any origin already.' })
    if (allowsOrigin(key.domains, origin)) return
    if (key.domains.length >= maxDomains) throw fail('conflict', { detail: `A key has ${maxDomains} domains at most.` })
    await changeKey(tx, key, userId, { domains: [...key.domains, domain] })
  })
}

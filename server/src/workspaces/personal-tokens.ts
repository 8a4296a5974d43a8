/** Personal tokens: with one a script gets short-lived tokens of its person in one workspace. They go with the membership. */
import { createHash, randomBytes } from 'node:crypto'
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { newId, type PersonalTokenId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { members, personalTokens } from './tables.ts'

export interface PersonalToken {
  id: PersonalTokenId
  name: string
  lastFour: string
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

const prefix = 'mvc_pat_'
/** 256 random bits: as a hash without salt or stretching nobody finds it. */
const randomByteCount = 32
/** Of one person in one workspace at a time. */
const mostTokens = 50
const lastUsedLag = sql`interval '1 minute'`

const columns = {
  id: personalTokens.id,
  name: personalTokens.name,
  lastFour: personalTokens.lastFour,
  createdAt: personalTokens.createdAt,
  expiresAt: personalTokens.expiresAt,
  lastUsedAt: personalTokens.lastUsedAt,
}

function ownIn(workspaceId: WorkspaceId, userId: UserId) {
  return and(
    eq(personalTokens.workspaceId, workspaceId),
    eq(personalTokens.userId, userId),
    isNull(personalTokens.revokedAt),
  )
}

/** The person's own that are not revoked, the newest first. */
export function listPersonalTokens(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
): Promise<PersonalToken[]> {
  return db
    .select(columns)
    .from(personalTokens)
    .where(ownIn(workspaceId, userId))
    .orderBy(desc(personalTokens.createdAt), personalTokens.id)
}

/** The token itself is in the answer and nowhere else. Throws `conflict` at the fiftieth, `forbidden` for no member. */
export function createPersonalToken(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
  { name, expiresInDays }: { name: string; expiresInDays: number | null },
): Promise<PersonalToken & { token: string }> {
  const token = prefix + randomBytes(randomByteCount).toString('base64url')
  return db.transaction(async (tx) => {
    const [member] = await tx
      .select({ role: members.role })
      .from(members)
      .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
      .for('update')
    if (!member) throw fail('forbidden')
    const held = await tx.$count(personalTokens, ownIn(workspaceId, userId))
    if (held >= mostTokens) throw fail('conflict', { detail: `There are ${mostTokens} already; revoke one first.` })
    const [made] = await tx
      .insert(personalTokens)
      .values({
        workspaceId,
        id: newId<PersonalTokenId>(),
        userId,
        name,
        tokenHash: hashOf(token),
        lastFour: token.slice(-4),
        expiresAt: expiresInDays === null ? null : sql`now() + make_interval(days => ${expiresInDays})`,
      })
      .returning(columns)
    if (!made) throw new Error('a personal token was not written')
    const target = { kind: 'personal_token', id: made.id, name }
    await recordEvent(tx, workspaceId, { userId, action: 'personal_token.created', target })
    return { ...made, token }
  })
}

/** From then on it is exchanged for nothing. Throws `not_found` for one that is revoked already or another's. */
export function revokePersonalToken(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
  id: PersonalTokenId,
): Promise<void> {
  return db.transaction(async (tx) => {
    const [revoked] = await tx
      .update(personalTokens)
      .set({ revokedAt: sql`now()` })
      .where(and(ownIn(workspaceId, userId), eq(personalTokens.id, id)))
      .returning({ name: personalTokens.name })
    if (!revoked) throw fail('not_found')
    const target = { kind: 'personal_token', id, name: revoked.name }
    await recordEvent(tx, workspaceId, { userId, action: 'personal_token.revoked', target })
  })
}

/** Whose it is and where; null when unknown, revoked or expired. Notes the use, once a minute at most. */
export async function usePersonalToken(
  { db }: { db: Db },
  token: string,
): Promise<{ workspaceId: WorkspaceId; userId: UserId } | null> {
  if (!token.startsWith(prefix)) return null
  const isThis = eq(personalTokens.tokenHash, hashOf(token))
  const [found] = await db
    .select({
      workspaceId: personalTokens.workspaceId,
      userId: personalTokens.userId,
      isNoted: sql<boolean>`coalesce(${personalTokens.lastUsedAt} > now() - ${lastUsedLag}, false)`,
    })
    .from(personalTokens)
    .where(
      and(
        isThis,
        isNull(personalTokens.revokedAt),
        sql`(${personalTokens.expiresAt} is null or ${personalTokens.expiresAt} > now())`,
      ),
    )
  if (!found) return null
  const { workspaceId, userId, isNoted } = found
  if (!isNoted) {
    await db
      .update(personalTokens)
      .set({ lastUsedAt: sql`now()` })
      .where(and(eq(personalTokens.workspaceId, workspaceId), isThis))
  }
  return { workspaceId, userId }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

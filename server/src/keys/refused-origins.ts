/** Origins that a key did not take: kept for its owner, at next to no cost, whoever sends how many. */
import { and, desc, eq, notInArray, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { KeyId, WorkspaceId } from '../platform/id.ts'
import { parseOrigin } from './origin.ts'
import { refusedOrigins } from './tables.ts'

const keptPerKey = 20
const minuteMs = 60_000
const maxLength = 300
/** A flood that comes for so many keys within a minute is written down no further. */
const maxKeys = 10_000

/** Of each key, what was written down in this minute. */
let noted = new Map<KeyId, Set<string>>()
let notedSince = 0

/** Written in the background, an origin of a key once a minute and twenty of a key; a failure is nobody's. */
export function noteRefusedOrigin(
  { db }: { db: Db },
  { workspaceId, keyId }: { workspaceId: WorkspaceId; keyId: KeyId },
  origin: string | undefined,
): void {
  if (Date.now() - notedSince > minuteMs) {
    noted = new Map()
    notedSince = Date.now()
  }
  const ofKey = noted.get(keyId) ?? new Set()
  if (ofKey.size >= keptPerKey || noted.size >= maxKeys || origin === undefined || ofKey.has(origin)) return
  if (origin.length > maxLength || !parseOrigin(origin)) return
  noted.set(keyId, ofKey.add(origin))
  keepRefusedOrigin(db, workspaceId, keyId, origin).catch(() => {})
}

async function keepRefusedOrigin(db: Db, workspaceId: WorkspaceId, keyId: KeyId, origin: string): Promise<void> {
  const { times, lastAt } = refusedOrigins
  await db
    .insert(refusedOrigins)
    .values({ workspaceId, keyId, origin })
    .onConflictDoUpdate({
      target: [refusedOrigins.workspaceId, refusedOrigins.keyId, refusedOrigins.origin],
      set: { times: sql`${times} + 1`, lastAt: sql`now()` },
    })
  const latest = db
    .select({ origin: refusedOrigins.origin })
    .from(refusedOrigins)
    .where(ofKey(workspaceId, keyId))
    .orderBy(desc(lastAt), refusedOrigins.origin)
    .limit(keptPerKey)
  await db.delete(refusedOrigins).where(and(ofKey(workspaceId, keyId), notInArray(refusedOrigins.origin, latest)))
}

/** An origin that is taken now is no longer one that was refused. */
export async function forgetRefusedOrigins(
  db: Db,
  workspaceId: WorkspaceId,
  keyId: KeyId,
  isTaken: (origin: string) => boolean,
): Promise<void> {
  const refused = await db
    .select({ origin: refusedOrigins.origin })
    .from(refusedOrigins)
    .where(ofKey(workspaceId, keyId))
  for (const { origin } of refused.filter((one) => isTaken(one.origin))) {
    await db.delete(refusedOrigins).where(and(ofKey(workspaceId, keyId), eq(refusedOrigins.origin, origin)))
  }
}

function ofKey(workspaceId: WorkspaceId, keyId: KeyId) {
  return and(eq(refusedOrigins.workspaceId, workspaceId), eq(refusedOrigins.keyId, keyId))
}

/** The SQL of credentials, and where a sealed key belongs. */
import { and, count, desc, eq, ne, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { CredentialId, WorkspaceId } from '../platform/id.ts'
import { keyIdChars, type SealedPlace } from '../platform/seal.ts'
import { modelCredentials } from './tables.ts'

export type StoredCredential = typeof modelCredentials.$inferSelect
type Values = typeof modelCredentials.$inferInsert

/** A key is bound to what it may be sent to: whoever writes another address into its row makes it useless. */
export function placeOf({
  workspaceId,
  id,
  provider,
  baseUrl,
}: Pick<StoredCredential, 'workspaceId' | 'id' | 'provider' | 'baseUrl'>): SealedPlace {
  return { workspaceId, field: JSON.stringify(['model_credentials.sealed_key', id, provider, baseUrl]) }
}

const isIt = (workspaceId: WorkspaceId, id: CredentialId) =>
  and(eq(modelCredentials.workspaceId, workspaceId), eq(modelCredentials.id, id))

/** The newest first. */
export async function readCredentials(db: Db, workspaceId: WorkspaceId): Promise<StoredCredential[]> {
  return db
    .select()
    .from(modelCredentials)
    .where(eq(modelCredentials.workspaceId, workspaceId))
    .orderBy(desc(modelCredentials.createdAt), desc(modelCredentials.id))
}

export async function countCredentials(db: Db, workspaceId: WorkspaceId): Promise<number> {
  const [row] = await db
    .select({ found: count() })
    .from(modelCredentials)
    .where(eq(modelCredentials.workspaceId, workspaceId))
  return row?.found ?? 0
}

export async function readCredential(
  db: Db,
  workspaceId: WorkspaceId,
  id: CredentialId,
  { isLocked = false } = {},
): Promise<StoredCredential | null> {
  const query = db.select().from(modelCredentials).where(isIt(workspaceId, id))
  const [row] = await (isLocked ? query.for('update') : query)
  return row ?? null
}

export async function insertCredential(db: Db, values: Values): Promise<StoredCredential> {
  const [row] = await db.insert(modelCredentials).values(values).returning()
  if (!row) throw new Error('the credential was not stored')
  return row
}

export async function updateCredential(
  db: Db,
  { workspaceId, id }: StoredCredential,
  values: Partial<Pick<Values, 'name' | 'baseUrl' | 'sealedKey' | 'lastFour'>>,
): Promise<StoredCredential> {
  const [row] = await db
    .update(modelCredentials)
    .set({ ...values, updatedAt: sql`clock_timestamp()` })
    .where(isIt(workspaceId, id))
    .returning()
  if (!row) throw new Error('the credential was not there')
  return row
}

/** What a test found, unless the credential has been changed since. */
export async function updateTested(
  db: Db,
  { workspaceId, id, sealedKey }: StoredCredential,
  { testedAt, problem }: { testedAt: Date; problem: string | null },
): Promise<void> {
  await db
    .update(modelCredentials)
    .set({ testedAt, problem })
    .where(and(isIt(workspaceId, id), eq(modelCredentials.sealedKey, sealedKey)))
}

export async function deleteCredential(db: Db, workspaceId: WorkspaceId, id: CredentialId): Promise<void> {
  await db.delete(modelCredentials).where(isIt(workspaceId, id))
}

const keyIdOfRow = sql<string>`left(${modelCredentials.sealedKey}, ${sql.raw(String(keyIdChars))})`

/** Of the keys that have sealed anything, over all workspaces: what a start looks at. */
export async function readKeyIds(db: Db): Promise<string[]> {
  const rows = await db.selectDistinct({ keyId: keyIdOfRow }).from(modelCredentials)
  return rows.map(({ keyId }) => keyId)
}

/** Some after `last` that another key than this one has sealed, over all workspaces, locked. */
export async function lockSealedByOthers(
  db: Db,
  keyId: string,
  last: StoredCredential | null,
  limit: number,
): Promise<StoredCredential[]> {
  const { workspaceId, id } = modelCredentials
  const isAfter = last ? sql`(${workspaceId}, ${id}) > (${last.workspaceId}, ${last.id})` : undefined
  return db
    .select()
    .from(modelCredentials)
    .where(and(ne(keyIdOfRow, keyId), isAfter))
    .orderBy(workspaceId, id)
    .limit(limit)
    .for('update')
}

export async function replaceSealed(db: Db, { workspaceId, id }: StoredCredential, sealedKey: string): Promise<void> {
  await db.update(modelCredentials).set({ sealedKey }).where(isIt(workspaceId, id))
}

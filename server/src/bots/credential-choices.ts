/** Which bots chose a credential: it stands left of bots in the line, so the entry point hands these to its doors. */
import { and, eq, isNull, or, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { CredentialId, WorkspaceId } from '../platform/id.ts'
import { bots } from './tables.ts'

const draftChoice = sql`${bots.draft}->>'credentialId'`

const isChosen = (workspaceId: WorkspaceId, id: CredentialId) =>
  and(eq(bots.workspaceId, workspaceId), or(eq(bots.credentialId, id), eq(draftChoice, id)))

/** The names of the bots that chose it, live or in their draft. */
export async function namesOfBotsWith(db: Db, workspaceId: WorkspaceId, id: CredentialId): Promise<string[]> {
  const found = await db
    .select({ name: bots.name })
    .from(bots)
    .where(and(isChosen(workspaceId, id), isNull(bots.deletedAt)))
    .orderBy(bots.name)
  return found.map(({ name }) => name)
}

/** They use the next in order from then on. */
export async function takeFromBots(db: Db, workspaceId: WorkspaceId, id: CredentialId): Promise<void> {
  await db
    .update(bots)
    .set({
      credentialId: sql`nullif(${bots.credentialId}, ${id})`,
      draft: sql`case when ${draftChoice} = ${id} then ${bots.draft} || '{"credentialId": null}' else ${bots.draft} end`,
      updatedAt: sql`now()`,
    })
    .where(isChosen(workspaceId, id))
}

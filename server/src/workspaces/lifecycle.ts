/** How a workspace begins and ends. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type pg from 'pg'
import { recordEvent } from '../audit/audit.ts'
import { users } from '../identity/tables.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { patiently } from '../platform/db/silence.ts'
import { fail } from '../platform/fail.ts'
import { newId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { dropJobs, enqueue } from '../platform/jobs/jobs.ts'
import { lockWorkspace, roleInside } from './members.ts'
import { invitations, members, workspaceCreations, workspaces } from './tables.ts'
import type { Member, Role } from './workspaces.ts'

export interface Membership {
  id: WorkspaceId
  name: string
  plan: PlanName
  role: Role
  suspendedAt: Date | null
  createdAt: Date
}

/** The job that takes away what deleted workspaces had. */
export const endWorkspaces = 'end-workspaces'

const perDay = 5
const purgeMs = 3_600_000

/** The person's workspaces by name, suspended ones too; of one id if it is given. */
export async function listMemberships(
  { db }: { db: Db },
  userId: UserId,
  { only, after, limit }: { only?: WorkspaceId; after?: [name: string, id: string]; limit?: number } = {},
): Promise<Membership[]> {
  const { id, name, plan, suspendedAt, createdAt } = workspaces
  const query = db
    .select({ id, name, plan, suspendedAt, createdAt, role: members.role })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(
      and(
        eq(members.userId, userId),
        isNull(workspaces.deletedAt),
        only && eq(workspaces.id, only),
        after && sql`(${name}, ${id}::text) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(name), sql`${id}::text`)
  return limit === undefined ? query : query.limit(limit)
}

/** Throws `rate_limited` for the sixth of a person in 24 hours, deleted ones counted. */
export async function createWorkspace(
  { db }: { db: Db },
  userId: UserId,
  { name, plan }: { name: string; plan: PlanName },
): Promise<WorkspaceId> {
  const id = newId<WorkspaceId>()
  await db.transaction(async (tx) => {
    // Of several at once each sees those before it.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('no key update')
    const ofPerson = eq(workspaceCreations.userId, userId)
    await tx.delete(workspaceCreations).where(and(ofPerson, sql`${workspaceCreations.at} <= now() - interval '1 day'`))
    if ((await tx.$count(workspaceCreations, ofPerson)) >= perDay)
      throw fail('rate_limited', { detail: `Nobody makes more than ${perDay} workspaces in a day.` })
    await tx.insert(workspaceCreations).values({ userId })
    await tx.insert(workspaces).values({ id, name, plan })
    await tx.insert(members).values({ workspaceId: id, userId, role: 'owner' })
    await recordEvent(tx, id, { userId, action: 'workspace.created', target: { kind: 'workspace', id, name } })
  })
  return id
}

/** `check` is asked with the name as it stands. */
export async function renameWorkspace(
  { db }: { db: Db },
  { workspaceId, userId }: Member,
  name: string,
  check: (current: { name: string }) => void,
): Promise<void> {
  await db.transaction(async (tx) => {
    const current = await lockWorkspace(tx, workspaceId)
    check(current)
    if (current.name === name) return
    await tx.update(workspaces).set({ name }).where(eq(workspaces.id, workspaceId))
    const target = { kind: 'workspace', id: workspaceId, name }
    const details = { from: current.name }
    await recordEvent(tx, workspaceId, { userId, action: 'workspace.renamed', target, details })
  })
}

/**
 * From now on it is nobody's: it has no members, its keys open nothing, answers in flight end within a second. A job takes
 * the rest away. Throws `invalid_request` unless `name` is its name.
 */
export async function deleteWorkspace({ db }: { db: Db }, caller: Member, name: string): Promise<void> {
  const { workspaceId } = caller
  await db.transaction(async (tx) => {
    const current = await lockWorkspace(tx, workspaceId)
    if ((await roleInside(tx, caller)) !== 'owner') throw fail('forbidden')
    if (current.name !== name) throw fail('invalid_request', { detail: 'name: is not the name of this workspace' })
    await tx
      .update(workspaces)
      .set({ name: '', suspendedAt: sql`now()`, deletedAt: sql`now()` })
      .where(eq(workspaces.id, workspaceId))
    await tx.delete(members).where(eq(members.workspaceId, workspaceId))
    await tx.delete(invitations).where(eq(invitations.workspaceId, workspaceId))
    await dropJobs(tx, workspaceId)
    await enqueue(tx, endWorkspaces, {})
  })
}

/** Takes the rows of deleted workspaces away and says which they were. Every table of a tenant hangs on its workspace. */
export async function purgeWorkspaces({ db, pool }: { db: Db; pool: pg.Pool }): Promise<WorkspaceId[]> {
  const deleted = await db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(sql`${workspaces.deletedAt} is not null`)
  for (const { id } of deleted) {
    // A large one takes longer than a query usually may.
    await patiently(pool, purgeMs, (client) => client.query('delete from workspaces where id = $1', [id]))
    await dropJobs(db, id)
  }
  return deleted.map(({ id }) => id)
}

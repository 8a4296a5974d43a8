/** Workspaces owns tenants and who belongs to them with which role. */
import { type Action, may, type Role } from '@mevichat/protocol/roles.ts'
import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { newId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { members, workspaces } from './tables.ts'

export type { Role } from '@mevichat/protocol/roles.ts'

export interface Member {
  userId: UserId
  workspaceId: WorkspaceId
  role: Role
  plan: PlanName
}

/** Null when the user is no member. Throws `forbidden` when the workspace is suspended. */
export async function findMembership(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
): Promise<Member | null> {
  const [row] = await db
    .select({ role: members.role, plan: workspaces.plan, suspendedAt: workspaces.suspendedAt })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
  if (!row) return null
  if (row.suspendedAt) throw fail('forbidden')
  return { userId, workspaceId, role: row.role, plan: row.plan }
}

/** Throws `forbidden` when the member's role is too low. */
export function requireMay(member: Member, action: Action): void {
  if (!may(member.role, action)) throw fail('forbidden')
}

export interface NewWorkspace {
  id?: WorkspaceId | undefined
  name: string
  plan: PlanName
  isSuspended: boolean
}

/** Makes the workspace, or updates the one of this id or, without an id, of this name. */
export async function saveWorkspace({ db }: { db: Db }, workspace: NewWorkspace): Promise<WorkspaceId> {
  const { name, plan } = workspace
  // One that is being deleted is not brought back: what it had goes first.
  if (workspace.id)
    await db.delete(workspaces).where(and(eq(workspaces.id, workspace.id), isNotNull(workspaces.deletedAt)))
  const isKnown = workspace.id ? eq(workspaces.id, workspace.id) : eq(workspaces.name, name)
  const [known] = await db
    .select({ id: workspaces.id, plan: workspaces.plan, suspendedAt: workspaces.suspendedAt })
    .from(workspaces)
    .where(and(isKnown, isNull(workspaces.deletedAt)))
    .orderBy(workspaces.createdAt)
    .limit(1)
  const suspendedAt = workspace.isSuspended ? (known?.suspendedAt ?? new Date()) : null
  if (known) {
    await db.update(workspaces).set({ name, plan, suspendedAt }).where(eq(workspaces.id, known.id))
    if (plan !== known.plan)
      await recordEvent(db, known.id, { userId: null, action: 'plan.changed', details: { from: known.plan, to: plan } })
    return known.id
  }
  const id = workspace.id ?? newId<WorkspaceId>()
  await db.insert(workspaces).values({ id, name, plan, suspendedAt })
  return id
}

/** Makes the user a member, or changes the role of one who is. */
export async function saveMember(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  userId: UserId,
  role: Role,
): Promise<void> {
  await db
    .insert(members)
    .values({ workspaceId, userId, role })
    .onConflictDoUpdate({ target: [members.workspaceId, members.userId], set: { role } })
}

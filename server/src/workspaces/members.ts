/**
 * Who belongs to a workspace. Whoever changes a membership holds the workspace's row, so that two who do so at the same
 * time see each other: a workspace always has an owner.
 */

import type { MemberSort } from '@mevichat/protocol/members.ts'
import { may, roles } from '@mevichat/protocol/roles.ts'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import { users } from '../identity/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'
import { invitations, members, workspaces } from './tables.ts'
import type { Member, Role } from './workspaces.ts'

export interface Membership {
  userId: UserId
  name: string | null
  email: string | null
  role: Role
  joinedAt: Date
}

const columns = {
  userId: members.userId,
  name: users.name,
  email: users.email,
  role: members.role,
  joinedAt: members.createdAt,
}

/** As text, so that one cursor fits all. */
const sortKeys = {
  joined_at: sql<string>`to_char(${members.createdAt} at time zone 'utc', 'YYYYMMDDHH24MISSUS')`,
  name: sql<string>`lower(coalesce(${users.name}, ''))`,
  email: sql<string>`lower(coalesce(${users.email}, ''))`,
  role: sql<string>`array_position(array['owner', 'admin', 'editor', 'viewer'], ${members.role})::text`,
} satisfies Record<MemberSort, unknown>

export type MemberPlace = [key: string, userId: string]

export async function listMembers(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  { role, sort, after, limit }: { role?: Role | undefined; sort: MemberSort; after?: MemberPlace; limit: number },
): Promise<{ members: Membership[]; next: MemberPlace | null }> {
  const key = sql<string>`${sortKeys[sort]} collate "C"`
  const rows = await db
    .select({ ...columns, key: sortKeys[sort] })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.workspaceId, workspaceId),
        role && eq(members.role, role),
        after && sql`(${key}, ${members.userId}::text collate "C") > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(key), sql`${members.userId}::text collate "C"`)
    .limit(limit + 1)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { members: rows.slice(0, limit), next: last ? [last.key, last.userId] : null }
}

/** Throws `not_found` for who is no member. */
export async function getMember({ db }: { db: Db }, workspaceId: WorkspaceId, userId: UserId): Promise<Membership> {
  const [member] = await db
    .select(columns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
  if (!member) throw fail('not_found')
  return member
}

/** Nobody else changes who belongs to it until the transaction is over. Throws `not_found` for one that is deleted. */
export async function lockWorkspace(tx: Db, workspaceId: WorkspaceId): Promise<{ name: string }> {
  const [workspace] = await tx
    .select({ name: workspaces.name })
    .from(workspaces)
    .where(and(eq(workspaces.id, workspaceId), isNull(workspaces.deletedAt)))
    .for('no key update')
  if (!workspace) throw fail('not_found')
  return workspace
}

/** The caller's role as it is now that the workspace is locked: it may have changed since it was asked at the door. */
export async function roleInside(tx: Db, { workspaceId, userId }: Member): Promise<Role> {
  const [member] = await tx
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
  if (!member) throw fail('forbidden')
  return member.role
}

export function isAbove(role: Role, other: Role): boolean {
  return roles.indexOf(role) > roles.indexOf(other)
}

/**
 * Gives a member another role. Throws `forbidden` for a role above the caller's own or a member who is above the caller,
 * `conflict` for the last owner. `check` is asked of the member as they stand.
 */
export async function changeRole(
  { db }: { db: Db },
  caller: Member,
  userId: UserId,
  role: Role,
  check: (member: Membership) => void,
): Promise<Membership> {
  const { workspaceId } = caller
  return db.transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId)
    const own = await roleInside(tx, caller)
    const member = await getMember({ db: tx }, workspaceId, userId)
    check(member)
    requireMayTouch(own, member.role)
    if (isAbove(role, own)) throw fail('forbidden', { detail: 'Nobody gives a role above their own.' })
    if (role === member.role) return member
    if (member.role === 'owner') await requireAnotherOwner(tx, workspaceId, userId)
    await setRole(tx, workspaceId, userId, role)
    await revokeBeyond(tx, workspaceId, userId, role)
    await recordEvent(tx, workspaceId, {
      userId: caller.userId,
      action: 'member.role_changed',
      target: targetOf(member),
      details: { from: member.role, to: role },
    })
    return { ...member, role }
  })
}

/** Ends a membership, another's or one's own. Throws as `changeRole`. */
export async function removeMember({ db }: { db: Db }, caller: Member, userId: UserId): Promise<void> {
  const { workspaceId } = caller
  const isOwn = userId === caller.userId
  await db.transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId)
    const own = await roleInside(tx, caller)
    const member = await getMember({ db: tx }, workspaceId, userId)
    if (!isOwn) requireMayTouch(own, member.role)
    if (member.role === 'owner') await requireAnotherOwner(tx, workspaceId, userId)
    await tx.delete(members).where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
    await revokeBeyond(tx, workspaceId, userId, null)
    await recordEvent(tx, workspaceId, {
      userId: caller.userId,
      action: isOwn ? 'member.left' : 'member.removed',
      target: targetOf(member),
    })
  })
}

/** Another member becomes owner, the caller an admin. Throws `forbidden` for who is no owner (any more), `conflict` for who is no member. */
export async function transferOwnership({ db }: { db: Db }, caller: Member, userId: UserId): Promise<void> {
  const { workspaceId } = caller
  if (userId === caller.userId) throw fail('conflict', { detail: 'You are the owner already.' })
  await db.transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId)
    if ((await roleInside(tx, caller)) !== 'owner') throw fail('forbidden')
    const [member] = await tx
      .select({ userId: members.userId, email: users.email, name: users.name })
      .from(members)
      .innerJoin(users, and(eq(users.id, members.userId), isNull(users.deletedAt)))
      .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
    if (!member) throw fail('conflict', { detail: 'The new owner must be a member.' })
    await setRole(tx, workspaceId, userId, 'owner')
    await setRole(tx, workspaceId, caller.userId, 'admin')
    await revokeBeyond(tx, workspaceId, caller.userId, 'admin')
    await recordEvent(tx, workspaceId, {
      userId: caller.userId,
      action: 'workspace.transferred',
      target: targetOf(member),
    })
  })
}

export function targetOf({ userId, name, email }: Pick<Membership, 'userId' | 'name' | 'email'>) {
  return { kind: 'member', id: userId, name: email ?? name }
}

/** Throws `forbidden`, also for an admin whose role was taken away in the meantime. */
function requireMayTouch(own: Role, other: Role): void {
  if (!may(own, 'editMembers')) throw fail('forbidden')
  if (isAbove(other, own)) throw fail('forbidden', { detail: 'Only an owner changes an owner.' })
}

async function requireAnotherOwner(tx: Db, workspaceId: WorkspaceId, userId: UserId): Promise<void> {
  const { rows } = await tx.execute(sql`
    select 1 from members m join users u on u.id = m.user_id and u.deleted_at is null
    where m.workspace_id = ${workspaceId} and m.role = 'owner' and m.user_id <> ${userId} limit 1`)
  if (rows.length === 0)
    throw fail('conflict', { detail: 'A workspace needs an owner: make somebody else the owner first.' })
}

async function setRole(tx: Db, workspaceId: WorkspaceId, userId: UserId, role: Role): Promise<void> {
  await tx
    .update(members)
    .set({ role })
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
}

/** What somebody has offered goes when they could offer it no more: else a way back in would be left open. */
async function revokeBeyond(tx: Db, workspaceId: WorkspaceId, userId: UserId, role: Role | null): Promise<void> {
  const offered = await tx
    .select({ id: invitations.id, role: invitations.role })
    .from(invitations)
    .where(
      and(
        eq(invitations.workspaceId, workspaceId),
        eq(invitations.invitedBy, userId),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
      ),
    )
    .for('update')
  for (const invitation of offered) {
    if (role !== null && may(role, 'editMembers') && !isAbove(invitation.role, role)) continue
    await tx
      .update(invitations)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, invitation.id)))
  }
}

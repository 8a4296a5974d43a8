/** Invitations by e-mail: a token that is mailed once and kept as a hash, bound to its address, good for a week. */
import { createHash, randomBytes } from 'node:crypto'
import type { InvitationState } from '@mevichat/protocol/invitations.ts'
import { may } from '@mevichat/protocol/roles.ts'
import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import { users } from '../identity/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type InvitationId, newId, type UserId, type WorkspaceId } from '../platform/id.ts'
import { type MailPorts, sendMail } from '../platform/mail/mail.ts'
import { isAbove, lockWorkspace, roleInside, targetOf } from './members.ts'
import { invitations, members } from './tables.ts'
import type { Member, Role } from './workspaces.ts'

export interface Invitation {
  id: InvitationId
  email: string
  role: Role
  state: InvitationState
  invitedBy: { id: UserId; name: string | null; email: string | null } | null
  createdAt: Date
  expiresAt: Date
  /** With microseconds, of which a Date has none. */
  place: string
}

const tokenBytes = 24
const daysToAccept = 7
const perDay = 20

const state = sql<InvitationState>`case
  when ${invitations.acceptedAt} is not null then 'accepted'
  when ${invitations.revokedAt} is not null then 'revoked'
  when ${invitations.expiresAt} <= now() then 'expired'
  else 'pending' end`
const place = sql<string>`to_char(${invitations.createdAt} at time zone 'utc', 'YYYYMMDDHH24MISSUS')`

function select(db: Db) {
  const { id, email, role, createdAt, expiresAt } = invitations
  const invitedBy = { id: users.id, name: users.name, email: users.email }
  return db
    .select({ id, email, role, createdAt, expiresAt, state, place, invitedBy })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
}

/** Newest first. */
export async function listInvitations(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  { state: wanted, after, limit }: { state?: InvitationState | undefined; after?: [string, string]; limit: number },
): Promise<{ invitations: Invitation[]; next: [string, string] | null }> {
  const rows = await select(db)
    .where(
      and(
        eq(invitations.workspaceId, workspaceId),
        wanted && sql`${state} = ${wanted}`,
        after && sql`(${place}, ${invitations.id}::text) < (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(desc(place), sql`${invitations.id}::text desc`)
    .limit(limit + 1)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { invitations: rows.slice(0, limit), next: last ? [last.place, last.id] : null }
}

export interface InvitationPorts extends MailPorts {
  publicUrl: string
}

/**
 * Mails a link that makes who has the e-mail a member. It takes the place of a pending one. Throws `forbidden` for a role
 * above the caller's, `conflict` for who is a member already, `rate_limited` after 20 in a day.
 */
export async function invite(
  ports: InvitationPorts,
  caller: Member,
  { email, role }: { email: string; role: Role },
): Promise<Invitation> {
  const { workspaceId } = caller
  const id = newId<InvitationId>()
  const token = randomBytes(tokenBytes).toString('base64url')
  return ports.db.transaction(async (tx) => {
    const { name } = await lockWorkspace(tx, workspaceId)
    const own = await roleInside(tx, caller)
    if (!may(own, 'editMembers')) throw fail('forbidden')
    if (isAbove(role, own)) throw fail('forbidden', { detail: 'Nobody gives a role above their own.' })
    await requireNew(tx, workspaceId, email)
    await requireFewer(tx, workspaceId)
    await tx
      .update(invitations)
      .set({ revokedAt: sql`now()` })
      .where(and(isPending(workspaceId), eq(invitations.email, email)))
    await tx.insert(invitations).values({
      workspaceId,
      id,
      email,
      role,
      tokenHash: hashOf(token),
      invitedBy: caller.userId,
      expiresAt: sql`now() + make_interval(days => ${daysToAccept}::int)`,
    })
    await recordEvent(tx, workspaceId, {
      userId: caller.userId,
      action: 'invitation.created',
      target: { kind: 'invitation', id, name: email },
      details: { role },
    })
    const [made] = await select(tx).where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, id)))
    if (!made) throw new Error('an invitation that was just made is missing')
    const link = `${ports.publicUrl}/app/invitations/#token=${token}`
    await sendMail(
      { ...ports, db: tx },
      { to: email, workspaceId, ...wordsOf(name, made.invitedBy?.email ?? null, link) },
    )
    return made
  })
}

function wordsOf(workspace: string, inviter: string | null, link: string) {
  return {
    subject: 'An invitation to Mevichat',
    text: [
      `${inviter ?? 'Somebody'} invites you to ${nameInMail(workspace)} on Mevichat.`,
      `To accept, open this link within ${daysToAccept} days and sign in with this e-mail address:`,
      link,
      'If you did not expect this, there is nothing to do.',
    ].join('\n\n'),
  }
}

/** A mail program makes links of what looks like one: such a name is left out, lest an invitation carry anybody's link. */
function nameInMail(name: string): string {
  return /[:/@\\]|\S\.\S/.test(name) ? 'a workspace' : `the workspace “${name}”`
}

async function requireNew(tx: Db, workspaceId: WorkspaceId, email: string): Promise<void> {
  const [member] = await tx
    .select({ id: users.id })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.workspaceId, workspaceId), sql`lower(${users.email}) = ${email}`))
    .limit(1)
  if (member) throw fail('conflict', { detail: 'Somebody with this e-mail is a member already.' })
}

/** Whatever became of them. */
async function requireFewer(tx: Db, workspaceId: WorkspaceId): Promise<void> {
  const count = await tx.$count(
    invitations,
    and(eq(invitations.workspaceId, workspaceId), gt(invitations.createdAt, sql`now() - interval '1 day'`)),
  )
  if (count < perDay) return
  throw fail('rate_limited', { detail: `A workspace sends at most ${perDay} invitations in a day.` })
}

/** Throws `not_found` for an unknown one, `gone` for one that is no longer pending. */
export async function revokeInvitation({ db }: { db: Db }, caller: Member, id: InvitationId): Promise<void> {
  const { workspaceId, userId } = caller
  await db.transaction(async (tx) => {
    await lockWorkspace(tx, workspaceId)
    if (!may(await roleInside(tx, caller), 'editMembers')) throw fail('forbidden')
    const [known] = await select(tx).where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, id)))
    if (!known) throw fail('not_found')
    if (known.state !== 'pending') throw fail('gone', { detail: `This invitation is ${known.state}.` })
    await tx
      .update(invitations)
      .set({ revokedAt: sql`now()` })
      .where(and(isPending(workspaceId), eq(invitations.id, id)))
    const target = { kind: 'invitation', id, name: known.email }
    await recordEvent(tx, workspaceId, { userId, action: 'invitation.revoked', target })
  })
}

/**
 * Makes the person a member, or raises the role of one who is. Throws `gone` for a link that is unknown, used, revoked or
 * too old, `forbidden` for an e-mail that is not the invited one.
 */
export async function acceptInvitation(
  { db }: { db: Db },
  userId: UserId,
  { token, verifiedEmail }: { token: string; verifiedEmail: string | null },
): Promise<WorkspaceId> {
  const isThis = eq(invitations.tokenHash, hashOf(token))
  return db.transaction(async (tx) => {
    const [found] = await tx.select({ workspaceId: invitations.workspaceId }).from(invitations).where(isThis)
    if (!found) throw fail('gone')
    const { workspaceId } = found
    await lockWorkspace(tx, workspaceId).catch((cause) => {
      throw fail('gone', { cause })
    })
    const [invitation] = await tx
      .select({ id: invitations.id, email: invitations.email, role: invitations.role })
      .from(invitations)
      .where(and(isThis, isPending(workspaceId), gt(invitations.expiresAt, sql`now()`)))
    if (!invitation) throw fail('gone')
    if (invitation.email !== verifiedEmail)
      throw fail('forbidden', { detail: 'This invitation is for another e-mail than the one you signed in with.' })
    const [known] = await tx
      .select({ role: members.role })
      .from(members)
      .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)))
    const role = known && isAbove(known.role, invitation.role) ? known.role : invitation.role
    await tx
      .insert(members)
      .values({ workspaceId, userId, role })
      .onConflictDoUpdate({ target: [members.workspaceId, members.userId], set: { role } })
    await tx.update(invitations).set({ acceptedAt: sql`now()` }).where(isThis)
    await recordEvent(tx, workspaceId, {
      userId,
      action: 'member.joined',
      target: targetOf({ userId, name: null, email: verifiedEmail }),
      details: { role, invitation: invitation.id },
    })
    return workspaceId
  })
}

function isPending(workspaceId: WorkspaceId) {
  return and(eq(invitations.workspaceId, workspaceId), isNull(invitations.acceptedAt), isNull(invitations.revokedAt))
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

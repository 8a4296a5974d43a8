/** The doors to workspaces, their members, invitations and audit log. */
import { type AuditAction, auditOperations } from '@mevichat/protocol/audit.ts'
import { type InvitationAnswer, invitationOperations } from '@mevichat/protocol/invitations.ts'
import { type MemberAnswer, memberOperations } from '@mevichat/protocol/members.ts'
import { type WorkspaceAnswer, workspaceOperations } from '@mevichat/protocol/workspaces.ts'
import { listEvents } from '../audit/audit.ts'
import { findProfile, findVerifiedEmail } from '../identity/identity.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import { fail } from '../platform/fail.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { InvitationId, UserId, WorkspaceId } from '../platform/id.ts'
import { memberOfToken, type Person } from './authenticate.ts'
import {
  acceptInvitation,
  type Invitation,
  type InvitationPorts,
  invite,
  listInvitations,
  revokeInvitation,
} from './invitations.ts'
import { createWorkspace, deleteWorkspace, listMemberships, type Membership, renameWorkspace } from './lifecycle.ts'
import {
  changeRole,
  getMember,
  listMembers,
  type Membership as MemberRow,
  removeMember,
  transferOwnership,
} from './members.ts'
import { addOperations, type OperationPorts } from './operations.ts'

export interface WorkspaceRoutePorts extends OperationPorts, InvitationPorts {
  isEmbedded: boolean
}

export function addWorkspaceRoutes(app: HttpApp, ports: WorkspaceRoutePorts): void {
  addOperations(app, ports, workspaceOperations, {
    async getMe({ caller }) {
      const user = await findProfile(ports, caller.userId)
      if (!user) throw fail('not_authenticated')
      const found = await listMemberships(ports, caller.userId, await scopeOf(ports, caller))
      return { user, workspaces: found.map(workspaceAnswer) }
    },
    async listWorkspaces({ caller, query: { cursor, limit } }) {
      const after = placeOf(cursor)
      const scope = await scopeOf(ports, caller)
      const found = await listMemberships(ports, caller.userId, { ...scope, ...(after && { after }), limit: limit + 1 })
      const last = found.length > limit ? found[limit - 1] : undefined
      const next_cursor = last ? encodeCursor([last.name, last.id]) : null
      return { workspaces: found.slice(0, limit).map(workspaceAnswer), next_cursor }
    },
    async createWorkspace({ caller, body: { name } }) {
      if (caller.via !== 'session')
        throw fail('forbidden', { detail: 'A token speaks for one workspace: sign in to make another.' })
      // The embedded database is one's own machine; on PostgreSQL the operator gives the plans.
      const plan = ports.isEmbedded ? 'unlimited' : 'free'
      return read(ports, await createWorkspace(ports, caller.userId, { name, plan }), caller.userId)
    },
    getWorkspace: ({ caller }) => read(ports, caller.workspaceId, caller.userId),
    async changeWorkspace({ caller, body: { name }, requireMatch }) {
      await renameWorkspace(ports, caller, name, requireMatch)
      return read(ports, caller.workspaceId, caller.userId)
    },
    deleteWorkspace: ({ caller, body }) => deleteWorkspace(ports, caller, body.name),
    leaveWorkspace: ({ caller }) => removeMember(ports, caller, caller.userId),
    async transferWorkspace({ caller, body }) {
      await transferOwnership(ports, caller, body.user_id.toLowerCase() as UserId)
      return read(ports, caller.workspaceId, caller.userId)
    },
  })

  addOperations(app, ports, memberOperations, {
    async listMembers({ caller, query: { cursor, ...query } }) {
      const after = placeOf(cursor)
      const { members, next } = await listMembers(ports, caller.workspaceId, { ...query, ...(after && { after }) })
      return { members: members.map(memberAnswer), next_cursor: next && encodeCursor(next) }
    },
    async getMember({ caller, params }) {
      return memberAnswer(await getMember(ports, caller.workspaceId, params.userId as UserId))
    },
    async changeMember({ caller, params, body, requireMatch }) {
      const check = (member: MemberRow) => requireMatch(memberAnswer(member))
      return memberAnswer(await changeRole(ports, caller, params.userId as UserId, body.role, check))
    },
    removeMember: ({ caller, params }) => removeMember(ports, caller, params.userId as UserId),
  })

  addOperations(app, ports, invitationOperations, {
    async listInvitations({ caller, query: { cursor, state, limit } }) {
      const after = placeOf(cursor)
      const { invitations, next } = await listInvitations(ports, caller.workspaceId, {
        state,
        limit,
        ...(after && { after }),
      })
      return { invitations: invitations.map(invitationAnswer), next_cursor: next && encodeCursor(next) }
    },
    createInvitation: async ({ caller, body }) => invitationAnswer(await invite(ports, caller, body)),
    revokeInvitation: ({ caller, params }) => revokeInvitation(ports, caller, params.invitationId as InvitationId),
    async acceptInvitation({ caller: { userId, via }, body: { token } }) {
      const claimed = via === 'session' ? null : via.verifiedEmail
      const verifiedEmail = claimed ?? (await findVerifiedEmail(ports, userId))
      return read(ports, await acceptInvitation(ports, userId, { token, verifiedEmail }), userId)
    },
  })

  addOperations(app, ports, auditOperations, {
    async listAuditEvents({ caller, query }) {
      const [before] = query.cursor === undefined ? [] : decodeCursor(query.cursor, 1)
      if (before !== undefined && !/^\d{1,15}$/.test(before)) throw fail('invalid_request', { detail: 'cursor' })
      const filter = {
        action: query.action as AuditAction | undefined,
        userId: query.user_id as UserId | undefined,
        targetKind: query.target_kind,
        targetId: query.target_id,
        since: dateOf(query.from),
        until: dateOf(query.to),
      }
      const page = { before: before === undefined ? undefined : Number(before), limit: query.limit + 1 }
      const found = await listEvents(ports, caller.workspaceId, filter, page)
      const last = found.length > query.limit ? found[query.limit - 1] : undefined
      const events = found.slice(0, query.limit).map(({ id, at, user, action, target, details = null }) => {
        const named = target ? { ...target, name: target.name ?? null } : null
        return { id, at: at.toISOString(), user, action, target: named, details }
      })
      return { events, next_cursor: last ? encodeCursor([String(last.id)]) : null }
    },
  })
}

/** A session sees all of its person's workspaces, a token its own. */
async function scopeOf(ports: WorkspaceRoutePorts, { userId, via }: Person): Promise<{ only?: WorkspaceId }> {
  return via === 'session' ? {} : { only: (await memberOfToken(ports, userId, via.token)).workspaceId }
}

async function read(ports: WorkspaceRoutePorts, workspaceId: WorkspaceId, userId: UserId): Promise<WorkspaceAnswer> {
  const [found] = await listMemberships(ports, userId, { only: workspaceId })
  if (!found) throw fail('not_found')
  return workspaceAnswer(found)
}

/** Of a list that is sorted by a word and, among equals, by an id. */
function placeOf(cursor: string | undefined): [string, string] | undefined {
  if (cursor === undefined) return undefined
  const [word = '', id = ''] = decodeCursor(cursor, 2)
  return [word, id]
}

function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant)
}

function workspaceAnswer({ id, name, plan, role, suspendedAt, createdAt }: Membership): WorkspaceAnswer {
  return { id, name, plan, role, is_suspended: suspendedAt !== null, created_at: createdAt.toISOString() }
}

function memberAnswer({ userId, name, email, role, joinedAt }: MemberRow): MemberAnswer {
  return { user_id: userId, name, email, role, joined_at: joinedAt.toISOString() }
}

function invitationAnswer({ id, email, role, state, invitedBy, createdAt, expiresAt }: Invitation): InvitationAnswer {
  const [created_at, expires_at] = [createdAt.toISOString(), expiresAt.toISOString()]
  return { id, email, role, state, invited_by: invitedBy, created_at, expires_at }
}

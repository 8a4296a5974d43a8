/** Audit owns what was done in a workspace, by whom and when. Append-only: the database refuses any change. */
import type { AuditAction } from '@mevichat/protocol/audit.ts'
import { and, desc, eq, gte, lt } from 'drizzle-orm'
import { users } from '../identity/tables.ts'
import type { Db } from '../platform/db/db.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'
import { auditEvents } from './tables.ts'

export interface AuditEvent {
  /** Null for what the product does by itself. */
  userId: UserId | null
  action: AuditAction
  /** What it was done to: its kind (`key`), its id, and its name as it is now. */
  target?: { kind: string; id: string; name?: string | null }
  /** What else will be asked one day; no secret, and nothing that a visitor said. */
  details?: Record<string, unknown>
}

/** Writes an event. With a transaction as `db`, in which the change itself is made, neither is without the other. */
export async function recordEvent(db: Db, workspaceId: WorkspaceId, event: AuditEvent): Promise<void> {
  const { userId, action, target, details } = event
  await db.insert(auditEvents).values({
    workspaceId,
    userId,
    action,
    targetKind: target?.kind,
    targetId: target?.id,
    targetName: target?.name,
    details,
  })
}

export interface AuditFilter {
  action?: AuditAction | undefined
  userId?: UserId | undefined
  targetKind?: string | undefined
  targetId?: string | undefined
  /** From this instant on. */
  since?: Date | undefined
  /** Up to this instant, which is not part of it. */
  until?: Date | undefined
}

export interface StoredEvent extends AuditEvent {
  id: number
  at: Date
  user: { id: UserId; name: string | null; email: string | null } | null
}

/** The events that pass the filter, newest first, older than the one with the id `before`. */
export async function listEvents(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  { action, userId, targetKind, targetId, since, until }: AuditFilter,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<StoredEvent[]> {
  const rows = await db
    .select({ event: auditEvents, user: { id: users.id, name: users.name, email: users.email } })
    .from(auditEvents)
    .leftJoin(users, eq(users.id, auditEvents.userId))
    .where(
      and(
        eq(auditEvents.workspaceId, workspaceId),
        before === undefined ? undefined : lt(auditEvents.id, before),
        action && eq(auditEvents.action, action),
        userId && eq(auditEvents.userId, userId),
        targetKind === undefined ? undefined : eq(auditEvents.targetKind, targetKind),
        targetId === undefined ? undefined : eq(auditEvents.targetId, targetId),
        since && gte(auditEvents.at, since),
        until && lt(auditEvents.at, until),
      ),
    )
    .orderBy(desc(auditEvents.id))
    .limit(limit)
  return rows.map(({ event: { id, at, userId, action, targetKind, targetId, targetName, details }, user }) => ({
    id,
    at,
    userId,
    user,
    action,
    ...(targetKind !== null && targetId !== null && { target: { kind: targetKind, id: targetId, name: targetName } }),
    ...(details && { details }),
  }))
}

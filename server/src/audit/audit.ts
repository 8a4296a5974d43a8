/** Audit owns what was done in a workspace, by whom and when. Append-only: the database refuses any change. */
import type { AuditAction } from '@mevichat/protocol/audit.ts'
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

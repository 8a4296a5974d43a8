/** What the audit log of a workspace says: who did what, and when. */
import { z } from 'zod'
import { declare, instant, pageOf, paging } from './operation.ts'

/** Everything that is written down. A name stays as it is for good: what stands in a log cannot be renamed. */
export const auditActions = [
  'sign_in',
  'workspace.created',
  'workspace.renamed',
  'workspace.transferred',
  'member.joined',
  'member.role_changed',
  'member.removed',
  'member.left',
  'invitation.created',
  'invitation.revoked',
  'personal_token.created',
  'personal_token.revoked',
  'plan.changed',
  'bot.created',
  'bot.changed',
  'bot.published',
  'bot.restored',
  'bot.enabled',
  'bot.disabled',
  'bot.deleted',
  'moderation.changed',
  'key.created',
  'key.changed',
  'key.rotated',
  'key.revoked',
  'credential.created',
  'credential.changed',
  'credential.removed',
  'credential.tested',
  'price.created',
  'price.changed',
  'price.removed',
  'source.added',
  'source.changed',
  'source.uploaded',
  'source.removed',
  'page.removed',
  'conversation.deleted',
  'visitor.erased',
  'export.conversation',
  'export.bot',
] as const
export type AuditAction = (typeof auditActions)[number]

export const auditAction = z.enum(auditActions)

/** PostgreSQL takes no NUL. */
const plain = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^\P{Cc}*$/u)

const auditEvent = z.object({
  id: z.int(),
  at: instant,
  action: z.string(),
  /** Who did it; null for what the product does by itself. */
  user: z.object({ id: z.uuid(), name: z.string().nullable(), email: z.string().nullable() }).nullable(),
  /** What it was done to, as it was called then. */
  target: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }).nullable(),
  details: z.record(z.string(), z.unknown()).nullable(),
})

export type AuditEvent = z.infer<typeof auditEvent>

export const auditOperations = declare({
  listAuditEvents: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/audit/',
    needs: 'readAudit',
    about: 'Who did what in the workspace, the newest first.',
    query: z.object({
      action: auditAction.optional(),
      user_id: z.uuid().toLowerCase().optional(),
      target_kind: plain(50).optional(),
      target_id: plain(200).optional(),
      from: instant.optional(),
      /** Not included. */
      to: instant.optional(),
      ...paging,
    }),
    status: 200,
    answer: pageOf('events', auditEvent),
  },
})

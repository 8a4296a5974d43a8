/** What the audit log of a workspace says: who did what, and when. */
import { z } from 'zod'

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

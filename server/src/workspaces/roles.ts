/** What each role may do, in one table that every door asks. */
import type { Role } from './tables.ts'

const actions = {
  read: 'viewer',
  export: 'viewer',
  editBots: 'editor',
  editKnowledge: 'editor',
  editKeys: 'editor',
  editModeration: 'editor',
  usePlayground: 'editor',
  editMembers: 'admin',
  editCredentials: 'admin',
  readAudit: 'admin',
  deleteConversations: 'admin',
  changePlan: 'owner',
  transferWorkspace: 'owner',
  deleteWorkspace: 'owner',
} as const satisfies Record<string, Role>

export type Action = keyof typeof actions

const rank: Record<Role, number> = { viewer: 0, editor: 1, admin: 2, owner: 3 }

export function may(role: Role, action: Action): boolean {
  return rank[role] >= rank[actions[action]]
}

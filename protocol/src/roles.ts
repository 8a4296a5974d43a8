/** What each role may do: one table, which the API enforces and the dashboard reads. */

/** From the least to the most. */
export const roles = ['viewer', 'editor', 'admin', 'owner'] as const
export type Role = (typeof roles)[number]

const lowest = {
  read: 'viewer',
  export: 'viewer',
  editBots: 'editor',
  editKnowledge: 'editor',
  editKeys: 'editor',
  editModeration: 'editor',
  usePlayground: 'editor',
  editWorkspace: 'admin',
  editMembers: 'admin',
  editCredentials: 'admin',
  readAudit: 'admin',
  deleteConversations: 'admin',
  changePlan: 'owner',
  transferWorkspace: 'owner',
  deleteWorkspace: 'owner',
} as const satisfies Record<string, Role>

export type Action = keyof typeof lowest

/** The lowest role that may do it. */
export function lowestRoleFor(action: Action): Role {
  return lowest[action]
}

export function may(role: Role, action: Action): boolean {
  return roles.indexOf(role) >= roles.indexOf(lowest[action])
}

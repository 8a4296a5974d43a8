/** What the first owner of an instance comes to own: the demo's workspace, or without the demo one of their own. */
import { eq } from 'drizzle-orm'
import type { Ownership } from '../identity/first-owner.ts'
import { authUsers } from '../identity/tables.ts'
import { newId, type WorkspaceId } from '../platform/id.ts'
import { members } from '../workspaces/tables.ts'
import { saveMember, saveWorkspace } from '../workspaces/workspaces.ts'
import { openDemo } from './demo.ts'

export function ownershipOf({ publicUrl }: { publicUrl: string }, { isDemo }: { isDemo: boolean }): Ownership {
  return {
    /** Whether somebody who belongs to a workspace can sign in. */
    async isOwned(db) {
      const found = await db
        .select({ id: members.userId })
        .from(members)
        .innerJoin(authUsers, eq(authUsers.id, members.userId))
        .limit(1)
      return found.length > 0
    },
    async own(db, userId) {
      const workspaceId = isDemo
        ? (await openDemo({ db, publicUrl })).workspaceId
        : await saveWorkspace(
            { db },
            { id: newId<WorkspaceId>(), name: 'My workspace', plan: 'unlimited', isSuspended: false },
          )
      await saveMember({ db }, workspaceId, userId, 'owner')
    },
  }
}

/** Who belongs to a workspace, and with which role. */
import { z } from 'zod'
import { declare, instant, pageOf, paging } from './operation.ts'
import { roles } from './roles.ts'

const role = z.enum(roles)

const memberAnswer = z.object({
  user_id: z.uuid(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  role,
  joined_at: instant,
})

export const memberSorts = ['joined_at', 'name', 'email', 'role'] as const

export type MemberAnswer = z.infer<typeof memberAnswer>
export type MemberSort = (typeof memberSorts)[number]

const all = '/api/workspaces/:workspaceId/members/'
const one = `${all}:userId/` as const

export const memberOperations = declare({
  listMembers: {
    method: 'GET',
    path: all,
    needs: 'read',
    about: 'The members of the workspace, of one role if it is given.',
    query: z.object({ ...paging, role: role.optional(), sort: z.enum(memberSorts).default('joined_at') }),
    status: 200,
    answer: pageOf('members', memberAnswer),
  },
  getMember: {
    method: 'GET',
    path: one,
    needs: 'read',
    about: 'One member.',
    status: 200,
    answer: memberAnswer,
    versionOf: versionOfMember,
  },
  changeMember: {
    method: 'PATCH',
    path: one,
    needs: 'editMembers',
    about:
      'Gives a member another role: none above the caller’s own, and only an owner changes an owner. The last owner stays one.',
    body: z.strictObject({ role }),
    status: 200,
    answer: memberAnswer,
    versionOf: versionOfMember,
    refuses: ['conflict'],
  },
  removeMember: {
    method: 'DELETE',
    path: one,
    needs: 'editMembers',
    about:
      'Ends a membership: the tokens and sessions of that person read nothing of the workspace from the next request on. Only an owner removes an owner.',
    status: 204,
    answer: null,
    refuses: ['conflict'],
  },
})

function versionOfMember({ role }: MemberAnswer) {
  return { role }
}

/** Who the caller is, and the workspaces that they belong to. */
import { z } from 'zod'
import { declare, instant, pageOf, paging } from './operation.ts'
import { roles } from './roles.ts'

const role = z.enum(roles)
const plan = z.enum(['free', 'pro', 'scale', 'unlimited'])

/** One line that people read: of visible characters, without control characters. */
export const lineOf = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text), 'must be one line of text')
    .refine((text) => /[^\p{White_Space}\p{C}\p{Default_Ignorable_Code_Point}]/u.test(text), 'must be visible')

const workspaceName = lineOf(80)

export const workspaceAnswer = z.object({
  id: z.uuid(),
  name: z.string(),
  plan,
  /** The caller's. */
  role,
  /** A suspended one answers nothing and nobody. */
  is_suspended: z.boolean(),
  created_at: instant,
})

const user = z.object({ id: z.uuid(), name: z.string().nullable(), email: z.string().nullable() })

export type WorkspaceAnswer = z.infer<typeof workspaceAnswer>

const all = '/api/workspaces/'
const one = `${all}:workspaceId/` as const

export const workspaceOperations = declare({
  getMe: {
    method: 'GET',
    path: '/api/me/',
    needs: 'person',
    about:
      'Who the caller is, and their workspaces. A bearer token sees the workspace that it was made for, and no other.',
    status: 200,
    answer: z.object({ user, workspaces: z.array(workspaceAnswer) }),
    refuses: ['no_workspace'],
  },
  listWorkspaces: {
    method: 'GET',
    path: all,
    needs: 'person',
    about: 'The caller’s workspaces, by name. A bearer token sees the workspace that it was made for, and no other.',
    query: z.object(paging),
    status: 200,
    answer: pageOf('workspaces', workspaceAnswer),
    refuses: ['no_workspace'],
  },
  createWorkspace: {
    method: 'POST',
    path: all,
    needs: 'person',
    about: 'Makes a workspace that the caller owns: at most five in a day, in the dashboard’s session alone.',
    body: z.strictObject({ name: workspaceName }),
    status: 201,
    answer: workspaceAnswer,
  },
  getWorkspace: {
    method: 'GET',
    path: one,
    needs: 'read',
    about: 'The workspace.',
    status: 200,
    answer: workspaceAnswer,
    versionOf: versionOfWorkspace,
  },
  changeWorkspace: {
    method: 'PATCH',
    path: one,
    needs: 'editWorkspace',
    about: 'Renames the workspace.',
    body: z.strictObject({ name: workspaceName }),
    status: 200,
    answer: workspaceAnswer,
    versionOf: versionOfWorkspace,
  },
  deleteWorkspace: {
    method: 'DELETE',
    path: one,
    needs: 'deleteWorkspace',
    about:
      'Deletes the workspace with everything in it. The body repeats its name. Nobody reaches it from then on, and what it had is taken away within minutes. It cannot be undone.',
    body: z.strictObject({ name: z.string().max(1_000) }),
    status: 204,
    answer: null,
  },
  leaveWorkspace: {
    method: 'POST',
    path: `${one}leave/`,
    needs: 'read',
    about: 'Ends the caller’s membership. The last owner cannot leave.',
    status: 204,
    answer: null,
    refuses: ['conflict'],
  },
  transferWorkspace: {
    method: 'POST',
    path: `${one}transfer/`,
    needs: 'transferWorkspace',
    about: 'Makes another member the owner, and the caller an admin.',
    body: z.strictObject({ user_id: z.uuid() }),
    status: 200,
    answer: workspaceAnswer,
    refuses: ['conflict'],
  },
})

/** What can be changed of it. */
function versionOfWorkspace({ name }: WorkspaceAnswer) {
  return { name }
}

/** How people come into a workspace: by an invitation to their e-mail. */
import { z } from 'zod'
import { declare, instant, pageOf, paging } from './operation.ts'
import { roles } from './roles.ts'
import { workspaceAnswer } from './workspaces.ts'

const role = z.enum(roles)
const states = ['pending', 'accepted', 'revoked', 'expired'] as const

const invitationAnswer = z.object({
  id: z.uuid(),
  email: z.string(),
  role,
  state: z.enum(states),
  /** Null when that person is deleted. */
  invited_by: z.object({ id: z.uuid(), name: z.string().nullable(), email: z.string().nullable() }).nullable(),
  created_at: instant,
  expires_at: instant,
})

export type InvitationAnswer = z.infer<typeof invitationAnswer>
export type InvitationState = (typeof states)[number]

const all = '/api/workspaces/:workspaceId/invitations/'

export const invitationOperations = declare({
  listInvitations: {
    method: 'GET',
    path: all,
    needs: 'editMembers',
    about: 'The invitations of the workspace, newest first, of one state if it is given.',
    query: z.object({ ...paging, state: z.enum(states).optional() }),
    status: 200,
    answer: pageOf('invitations', invitationAnswer),
  },
  createInvitation: {
    method: 'POST',
    path: all,
    needs: 'editMembers',
    about:
      'Invites somebody by e-mail, with a role that is not above the caller’s own. The link in the mail is good for seven days and takes the place of an earlier one. At most 20 in a day.',
    body: z.strictObject({
      email: z.string().trim().toLowerCase().max(254).pipe(z.email()),
      role,
    }),
    status: 201,
    answer: invitationAnswer,
    refuses: ['conflict'],
  },
  revokeInvitation: {
    method: 'DELETE',
    path: `${all}:invitationId/`,
    needs: 'editMembers',
    about: 'Takes a pending invitation back: its link opens nothing from then on.',
    status: 204,
    answer: null,
    refuses: ['gone'],
  },
  acceptInvitation: {
    method: 'POST',
    path: '/api/invitations/accept/',
    needs: 'person',
    about: 'Makes the caller a member. Their verified e-mail must be the one that was invited; a link works once.',
    body: z.strictObject({ token: z.string().max(200) }),
    status: 200,
    answer: workspaceAnswer,
    refuses: ['gone'],
  },
})

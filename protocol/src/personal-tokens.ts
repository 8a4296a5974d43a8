/** What a person's own tokens for scripts are, and what is said about them. */
import { z } from 'zod'
import { declare, instant } from './operation.ts'

const personalToken = z.object({
  id: z.uuid(),
  name: z.string(),
  /** The last characters of the token, to be known again by. */
  last_four: z.string(),
  created_at: instant,
  expires_at: instant.nullable(),
  /** Lags by a minute at most. */
  last_used_at: instant.nullable(),
})

const path = '/api/workspaces/:workspaceId/personal-tokens/'

export const personalTokenOperations = declare({
  listPersonalTokens: {
    method: 'GET',
    path,
    needs: 'read',
    about: 'Your own personal tokens for this workspace, the newest first.',
    status: 200,
    answer: z.object({ personal_tokens: z.array(personalToken) }),
  },
  createPersonalToken: {
    method: 'POST',
    path,
    needs: 'read',
    about: 'Makes a personal token. It is shown this once.',
    body: z.strictObject({
      name: z.string().trim().min(1).max(100),
      /** Without it the token does not expire. */
      expires_in_days: z.int().min(1).max(365).optional(),
    }),
    status: 201,
    answer: personalToken.extend({ token: z.string() }),
    refuses: ['conflict'],
  },
  revokePersonalToken: {
    method: 'DELETE',
    path: `${path}:tokenId/`,
    needs: 'read',
    about: 'Revokes one of your own personal tokens. It cannot be undone.',
    status: 204,
    answer: null,
  },
})

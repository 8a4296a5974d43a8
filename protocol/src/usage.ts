/** How much of its plan a workspace has used. */
import { z } from 'zod'
import { declare, instant } from './operation.ts'

export const usageOperations = declare({
  getUsage: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/usage/',
    needs: 'read',
    about: 'The replies of this month and of the eleven before it. Months are UTC.',
    status: 200,
    answer: z.object({
      plan: z.string(),
      /** Replies a month; null is no cap. */
      cap: z.int().nullable(),
      used: z.int(),
      /** Replies that are being written. */
      reserved: z.int(),
      /** Calls of the model, failed ones and those that replies in progress may still make included. */
      calls: z.int(),
      period_start: instant,
      resets_at: instant,
      /** Newest first, this month included. */
      months: z.array(z.object({ month: z.string().regex(/^\d{4}-\d{2}$/), used: z.int(), calls: z.int() })),
    }),
  },
})

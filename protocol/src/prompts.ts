/** What a model was told for an answer. */
import { z } from 'zod'
import { declare } from './operation.ts'

export const promptOperations = declare({
  getPrompt: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/bots/:botId/conversations/:sessionId/messages/:message/prompt/',
    needs: 'read',
    about:
      'The prompt of an answer, written anew from the passages that were given then, as they and the bot’s settings stand today.',
    status: 200,
    answer: z.object({
      system: z.string(),
      /** Oldest first; the last one is the question. */
      messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: z.string() })),
      /** Passages that were given then but are gone. */
      missing_passages: z.int(),
    }),
  },
})

/** What a question would find in a bot's knowledge, and why. */
import { z } from 'zod'
import { declare } from './operation.ts'

const score = z.number()

export const foundPassage = z.object({
  id: z.int(),
  page_id: z.uuid(),
  title: z.string(),
  url: z.string().nullable(),
  /** From the outermost to the innermost. */
  headings: z.array(z.string()),
  text: z.string(),
  /** Comparable across questions of a bot. */
  score,
  /** Of the meanings, -1 to 1. */
  cosine: score,
  /** Of the words, as a share of what the question could score. */
  lexical: score,
  /** Why it is not given to the model; null for those that are. */
  left_out: z.enum(['rank', 'page', 'repetition', 'pair']).nullable(),
})

const found = z.object({
  /** The best thirty, best first. */
  passages: z.array(foundPassage),
  /** `unknown`: nothing here answers it. `unsure`: the model must decide. */
  verdict: z.enum(['answerable', 'unsure', 'unknown']),
  /** Of the best passage; 0 without one. */
  best: score,
  /** Below `low` nothing is answered, above `high` everything. */
  thresholds: z.object({ low: score, high: score }),
  /** The embedding model had no part in it. */
  is_by_words_alone: z.boolean(),
  ms: z.int(),
})

export type Found = z.infer<typeof found>

export const knowledgeOperations = declare({
  searchKnowledge: {
    method: 'POST',
    path: '/api/workspaces/:workspaceId/bots/:botId/search/',
    needs: 'read',
    about: 'What a question would find, with scores, and why passages are left out. No chat model is asked.',
    body: z.strictObject({ question: z.string().trim().min(1).max(4_000) }),
    status: 200,
    answer: found,
  },
  suggestQuestions: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/bots/:botId/suggested-questions/',
    needs: 'read',
    about: 'Questions that the bot can answer, made from the headings of its own pages; five at most.',
    status: 200,
    answer: z.object({ questions: z.array(z.string()) }),
  },
})

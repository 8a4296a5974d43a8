/** How a bot does, in figures that each lead to its conversations. */
import { z } from 'zod'
import { declare, instant } from './operation.ts'
import { cost, money } from './prices.ts'

const count = z.int()

const counts = z.object({
  conversations: count,
  /** Questions of visitors and of the playground. */
  messages: count,
  /** Ended with an answer that does not say "I don't know". */
  answered: count,
  /** The bot said that it does not know. */
  unanswered: count,
  /** Ended in an error, or were cut. */
  failed: count,
  helpful: count,
  not_helpful: count,
  input_tokens: count,
  output_tokens: count,
  /** What the tokens come to at the prices of today, a sum for each currency. */
  costs: z.array(money),
  /** Answers of models that cost something but are not in `costs`: there is no price, or nobody told their tokens. */
  without_cost: count,
})

const asked = z.object({ question: z.string(), session_id: z.uuid() })
/** As it was asked last, and in which conversation. */
const question = asked.extend({ times: count })

const milliseconds = z.int().nullable()

const insights = z.object({
  /** Each day of the range in the given time zone, oldest first. */
  days: z.array(counts.extend({ day: z.iso.date() })),
  total: counts,
  /** Of the range of the same length before. */
  before: counts,
  /** From the question to the first words, and of the search in the knowledge; null without answers. */
  latency: z.object({ first_text_p50: milliseconds, first_text_p95: milliseconds, search_p50: milliseconds }),
  /** By model, as `provider:name`. */
  models: z.array(
    z.object({
      model: z.string(),
      answers: count,
      input_tokens: count,
      output_tokens: count,
      cost,
      without_cost: count,
    }),
  ),
  top_questions: z.array(question),
  unanswered_questions: z.array(question),
  /** Of questions that share their words; the most frequent twenty, each with its newest ten questions. */
  topics: z.array(z.object({ name: z.string(), questions: count, unanswered: count, asked: z.array(asked) })),
  cited: z.array(z.object({ title: z.string(), url: z.string().nullable(), times: count })),
  /** Pages that answer, but of which no answer has cited anything. */
  never_cited: z.array(
    z.object({ title: z.string(), url: z.string().nullable(), source_id: z.uuid(), page_id: z.uuid() }),
  ),
  never_cited_count: count,
})

export type Insights = z.infer<typeof insights>

export const insightOperations = declare({
  getInsights: {
    method: 'GET',
    path: '/api/workspaces/:workspaceId/bots/:botId/insights/',
    needs: 'read',
    about: 'Figures of a bot in a range of at most 366 days.',
    query: z.object({
      from: instant,
      /** Not included. */
      to: instant,
      /** IANA, such as `Europe/Vienna`: where a day begins. */
      time_zone: z.string().max(100).default('UTC'),
    }),
    status: 200,
    answer: insights,
  },
})

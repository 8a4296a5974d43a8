/** What each plan allows. Plans are data: a limit is read here and nowhere written again. */

export const planNames = ['free', 'pro', 'scale', 'unlimited'] as const
export type PlanName = (typeof planNames)[number]

export interface Plan {
  /** Replies a calendar month (UTC); null is no cap. */
  messagesPerMonth: number | null
  /** Replies written at the same time in a workspace; null is no limit. */
  concurrentReplies: number | null
  /** Pages that a bot knows, of all its sources; null is no cap. */
  pagesPerBot: number | null
}

export const plans: Readonly<Record<PlanName, Plan>> = {
  free: { messagesPerMonth: 100, concurrentReplies: 5, pagesPerBot: 100 },
  pro: { messagesPerMonth: 5_000, concurrentReplies: 25, pagesPerBot: 2_000 },
  scale: { messagesPerMonth: 25_000, concurrentReplies: 100, pagesPerBot: 20_000 },
  unlimited: { messagesPerMonth: null, concurrentReplies: null, pagesPerBot: null },
}

/** What the list is narrowed to, as it stands in the address and as the server is asked. */
import type { Input } from '../api.ts'

export const choices = ['answered', 'unanswered', 'helpful', 'not_helpful', 'error', 'blocked', 'playground'] as const

/** Days are the viewer's own. */
export interface Filter {
  q?: string | undefined
  which?: (typeof choices)[number] | 'all' | 'label' | undefined
  from?: string | undefined
  to?: string | undefined
  /** What only a figure leads to: the model that answered, a page that is cited, and how many milliseconds the first words took. */
  model?: string | undefined
  cited?: string | undefined
  slower?: number | undefined
}

export function readFilter(search: Record<string, unknown>): Filter {
  const which = choices.find((one) => one === search.which)
  const day = (value: unknown) => (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined)
  const [from, to] = [day(search.from), day(search.to)]
  return {
    ...(typeof search.q === 'string' && search.q !== '' && { q: search.q }),
    ...(which && { which }),
    ...(from && { from }),
    ...(to && { to }),
    ...(typeof search.model === 'string' && { model: search.model }),
    ...(typeof search.cited === 'string' && { cited: search.cited }),
    ...(Number.isInteger(search.slower) && { slower: Number(search.slower) }),
  }
}

export function isFiltered(filter: Filter): boolean {
  return Object.values(filter).some((value) => value !== undefined)
}

type Query = NonNullable<Input<'listConversations'>['query']>

export function queryOf({ q, which, from, to, model, cited, slower }: Filter): Query {
  return {
    limit: 50,
    ...(q && { q }),
    ...(from && { from: startOfDay(from, 0) }),
    ...(to && { to: startOfDay(to, 1) }),
    ...(model && { model }),
    ...(cited && { cited }),
    ...(slower !== undefined && { slower_than: slower }),
    ...(which === 'answered' && { answered: 'true' as const }),
    ...(which === 'unanswered' && { unanswered: 'true' as const }),
    ...((which === 'helpful' || which === 'not_helpful') && { rating: which }),
    ...((which === 'error' || which === 'blocked') && { finish_reason: which }),
    ...(which === 'playground' && { channel: which }),
  }
}

function startOfDay(day: string, daysLater: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + daysLater).toISOString()
}

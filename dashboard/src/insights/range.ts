/** The time that is looked at: whole days of the viewer, the last ones or from one day to another. */
export interface Search {
  days?: string
  from?: string
  to?: string
  /** What the chart shows; messages where nothing is said. */
  show?: Measure
}

export const rangeDays = ['7', '30', '90', '365'] as const
export const measures = ['messages', 'conversations', 'ratings', 'tokens', 'cost'] as const
export type Measure = (typeof measures)[number]

export function readRange(search: Record<string, unknown>): Search {
  const days = rangeDays.find((one) => one === String(search.days))
  const show = measures.find((one) => one === search.show && one !== 'messages')
  const [from, to] = [readDay(search.from), readDay(search.to)]
  return { ...(from && to ? { from, to } : days && days !== '30' && { days }), ...(show && { show }) }
}

/** Rounded to days, so that the same question is asked again rather than a new one each second. */
export function rangeOf({ days = '30', from, to }: Search, now = new Date()) {
  const end = to ? startOf(to, 1) : new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  const start = from ? startOf(from) : new Date(end.getFullYear(), end.getMonth(), end.getDate() - Number(days))
  return {
    from: start.toISOString(),
    to: end.toISOString(),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}

/** First and last day of a range, as `<input type="date">` has them. */
export function daysOf({ from, to }: { from: string; to: string }): { from: string; to: string } {
  return { from: dayOf(new Date(from)), to: dayOf(new Date(Date.parse(to) - 1)) }
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')
}

function readDay(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && Date.parse(value) ? value : undefined
}

function startOf(day: string, daysLater = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + daysLater)
}

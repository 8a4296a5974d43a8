/** The time that is looked at: whole days of the viewer, today included. */
export interface Search {
  days?: string
}

export const rangeDays = ['7', '30', '90', '365'] as const

export function readRange(search: Record<string, unknown>): Search {
  const days = rangeDays.find((one) => one === String(search.days))
  return days && days !== '30' ? { days } : {}
}

/** Rounded to days, so that the same question is asked again rather than a new one each second. */
export function rangeOf({ days = '30' }: Search, now = new Date()) {
  const to = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  const from = new Date(to.getFullYear(), to.getMonth(), to.getDate() - Number(days))
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}

/** As `<input type="date">` has it. */
export function dayOf(iso: string): string {
  const date = new Date(iso)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')
}

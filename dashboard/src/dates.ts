/** Dates, numbers and money in the viewer's own locale. */
import type { Money } from '@mevichat/protocol/prices.ts'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const monthOfYear = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const number = new Intl.NumberFormat()

export function showDay(iso: string): string {
  return day.format(new Date(iso))
}

/** `month` is such as 2026-11. */
export function showMonth(month: string): string {
  return monthOfYear.format(new Date(`${month}-01`))
}

export function showMoment(iso: string): string {
  return moment.format(new Date(iso))
}

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** Such as "3 days ago". */
export function showAgo(iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1_000
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return relative.format(Math.round(seconds / length), unit)
}

export function showNumber(value: number): string {
  return number.format(value)
}

/** Exact text goes in, so that no sum is too large; of less than a cent, two digits that say something. */
export function showMoney({ currency, amount }: Money): string {
  const digits = {
    minimumSignificantDigits: 2,
    maximumSignificantDigits: 2,
    roundingPriority: 'morePrecision',
  } as const
  return new Intl.NumberFormat(undefined, { style: 'currency', currency, ...digits }).format(amount as `${number}`)
}

/** All digits of it. */
export function showPrice(currency: string, amount: string): string {
  const all = new Intl.NumberFormat(undefined, { style: 'currency', currency, maximumFractionDigits: 6 })
  return all.format(amount as `${number}`)
}

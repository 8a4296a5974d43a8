/** Dates and numbers in the viewer's own locale. */
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const number = new Intl.NumberFormat()

export function showDay(iso: string): string {
  return day.format(new Date(iso))
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

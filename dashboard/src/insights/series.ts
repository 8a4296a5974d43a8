/** What the chart can show of a day. */
import type { Insights } from '@mevichat/protocol/insights.ts'
import { showMoney, showNumber } from '../dates.ts'
import type { Measure } from './range.ts'
import { words } from './words.ts'

export type Day = Insights['days'][number]

export interface Series {
  name: string
  color: string
  /** How high the bar is. */
  heightOf(day: Day): number
  textOf(day: Day): string
}

type Count = { [Name in keyof Day]: Day[Name] extends number ? Name : never }[keyof Day]

const colors = ['var(--color-accent)', 'var(--color-warn)', 'var(--color-bad)', 'var(--color-soft)'] as const

const counts = {
  conversations: [['conversations', words.numbers.conversations, colors[0]]],
  ratings: [
    ['helpful', words.numbers.helpful, colors[0]],
    ['not_helpful', words.numbers.not_helpful, colors[2]],
  ],
  tokens: [
    ['input_tokens', words.read, colors[0]],
    ['output_tokens', words.written, colors[1]],
  ],
  messages: [
    ['answered', words.answered, colors[0]],
    ['unanswered', words.unanswered, colors[1]],
    ['failed', words.failed, colors[2]],
  ],
} as const satisfies Record<string, readonly (readonly [Count, string, string])[]>

export function seriesOf(measure: Measure, days: readonly Day[]): Series[] {
  if (measure === 'cost') return costSeries(days)
  const counted = counts[measure].map(([field, name, color]) => seriesFor(name, color, (day) => day[field]))
  // Blocked, stopped, over the plan: so that the bars come to all that was asked.
  const rest = ({ messages, answered, unanswered, failed }: Day) => messages - answered - unanswered - failed
  if (measure === 'messages' && days.some((day) => rest(day) > 0)) counted.push(seriesFor(words.other, colors[3], rest))
  return counted
}

function seriesFor(name: string, color: string, heightOf: (day: Day) => number): Series {
  return { name, color, heightOf, textOf: (day) => showNumber(heightOf(day)) }
}

function costSeries(days: readonly Day[]): Series[] {
  const currencies = [...new Set(days.flatMap(({ costs }) => costs.map(({ currency }) => currency)))].sort()
  return currencies.map((currency, at) => {
    const amountOf = ({ costs }: Day) => costs.find((cost) => cost.currency === currency)?.amount ?? '0'
    return {
      name: currency,
      color: colors[at % colors.length] ?? colors[0],
      heightOf: (day) => Number(amountOf(day)),
      textOf: (day) => showMoney({ currency, amount: amountOf(day) }),
    }
  })
}

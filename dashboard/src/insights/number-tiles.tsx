/** The figures of a time, each a way to the conversations that stand behind it. */
import type { Insights } from '@mevichat/protocol/insights.ts'
import { Link } from '@tanstack/react-router'
import type { Filter } from '../conversations/filter.ts'
import { showMoney, showNumber } from '../dates.ts'
import { classes } from '../ui/classes.ts'
import { NumberTile } from './number-tile.tsx'
import { words } from './words.ts'

export const homeNumbers = ['conversations', 'messages', 'answered', 'unanswered', 'helpful'] as const
export const allNumbers = [...homeNumbers, 'not_helpful', 'failed'] as const

const which: Partial<Record<(typeof allNumbers)[number], NonNullable<Filter['which']>>> = {
  answered: 'answered',
  unanswered: 'unanswered',
  helpful: 'helpful',
  not_helpful: 'not_helpful',
  failed: 'error',
}
const worse: readonly string[] = ['unanswered', 'not_helpful', 'failed']

interface NumberTilesProps extends Pick<Insights, 'total' | 'before'> {
  params: { workspaceId: string; botId: string }
  /** First and last day. */
  days: { from: string; to: string }
  numbers: readonly (typeof allNumbers)[number][]
  hasCost?: boolean
}

export function NumberTiles({ total, before, params, days, numbers, hasCost = false }: NumberTilesProps) {
  // Half of what visitors said would be no honest number.
  const unhelpful = total.not_helpful > 0 ? words.andNotHelpful(showNumber(total.not_helpful)) : undefined
  const link = { to: '/$workspaceId/$botId/conversations', params, className: 'block h-full' } as const
  return (
    <ul className={classes('grid grid-cols-2 gap-3 sm:grid-cols-3', hasCost ? 'lg:grid-cols-4' : 'xl:grid-cols-5')}>
      {numbers.map((name) => (
        <li key={name}>
          <Link {...link} search={{ ...days, ...(which[name] && { which: which[name] }) }}>
            <NumberTile
              label={words.numbers[name]}
              shown={showNumber(total[name])}
              trend={{ value: total[name], before: before[name] }}
              isGood={!worse.includes(name)}
              note={name === 'helpful' && !numbers.includes('not_helpful') ? unhelpful : undefined}
            />
          </Link>
        </li>
      ))}
      {hasCost &&
        costTiles(total, before).map((tile) => (
          <li key={tile.label}>
            <Link {...link} search={days}>
              <NumberTile {...tile} isGood={false} />
            </Link>
          </li>
        ))}
    </ul>
  )
}

/** One for each currency; where nothing has a price, one that says so. */
function costTiles({ costs, without_cost }: Insights['total'], before: Insights['before']) {
  const note = without_cost > 0 ? words.withoutCost(without_cost) : undefined
  if (costs.length === 0) return [{ label: words.cost, shown: note ? '–' : words.free, note }]
  return costs.map((cost) => {
    const earlier = before.costs.find(({ currency }) => currency === cost.currency)
    return {
      label: costs.length > 1 ? words.costIn(cost.currency) : words.cost,
      shown: showMoney(cost),
      trend: { value: Number(cost.amount), before: Number(earlier?.amount ?? 0) },
      note,
    }
  })
}

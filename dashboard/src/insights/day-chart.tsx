/** Each day as a bar that leads to its conversations, and as a table for those who cannot see it. */
import { Link, useNavigate } from '@tanstack/react-router'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { classes } from '../ui/classes.ts'
import type { Measure } from './range.ts'
import { type Day, seriesOf } from './series.ts'
import { words } from './words.ts'

const dayName = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const showDay = (iso: unknown) => dayName.format(new Date(`${String(iso)}T00:00:00Z`))
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumSignificantDigits: 3 })

interface DayChartProps {
  days: Day[]
  measure: Measure
  params: { workspaceId: string; botId: string }
}

export default function DayChart({ days, measure, params }: DayChartProps) {
  const navigate = useNavigate()
  const series = seriesOf(measure, days)
  // Two currencies do not come to one height.
  const stackId = measure === 'cost' ? {} : { stackId: 'all' }
  const linkTo = (day: string) =>
    ({ to: '/$workspaceId/$botId/conversations', params, search: { from: day, to: day } }) as const
  if (series.length === 0) return <p className="text-soft">{words.noCost}</p>
  return (
    <>
      <ul aria-hidden className="mb-3 flex flex-wrap gap-4 text-sm text-soft">
        {series.map(({ name, color }) => (
          <li key={name} className="flex items-center gap-2">
            <span className="size-3 rounded-sm" style={{ background: color }} />
            {name}
          </li>
        ))}
      </ul>
      <div aria-hidden className="h-64">
        <ResponsiveContainer>
          <BarChart
            data={days}
            margin={{ top: 4, right: 0, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            className="cursor-pointer"
            onClick={({ activeLabel }) => activeLabel !== undefined && void navigate(linkTo(String(activeLabel)))}
          >
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis
              dataKey="day"
              tickFormatter={showDay}
              minTickGap={32}
              tickLine={false}
              stroke="var(--color-edge)"
              tick={{ fill: 'var(--color-soft)', fontSize: 12 }}
            />
            <YAxis
              width="auto"
              allowDecimals={measure === 'cost'}
              tickFormatter={compact.format}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--color-soft)', fontSize: 12 }}
            />
            <Tooltip
              labelFormatter={showDay}
              itemSorter={() => 0}
              formatter={(_, name, { payload }: { payload?: Day }) =>
                payload ? [series.find((one) => one.name === name)?.textOf(payload), name] : null
              }
              cursor={{ fill: 'var(--color-sunken)' }}
              contentStyle={{
                background: 'var(--color-paper)',
                border: '1px solid var(--color-line)',
                borderRadius: 12,
                color: 'var(--color-ink)',
              }}
            />
            {series.map(({ name, color, heightOf }) => (
              <Bar key={name} dataKey={heightOf} name={name} {...stackId} fill={color} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details className="mt-3">
        <summary className="text-sm text-accent">{words.table}</summary>
        <div className="mt-2 max-h-72 overflow-auto">
          <table className="w-full text-left text-sm tabular-nums">
            <thead>
              <tr className="text-soft">
                <th className="py-1 font-medium">{words.day}</th>
                {series.map(({ name }) => (
                  <th key={name} className="py-1 pl-3 text-right font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((row) => (
                <tr key={row.day} className="border-line border-t">
                  <th scope="row" className="py-1 font-normal">
                    <Link
                      {...linkTo(row.day)}
                      className={classes('hover:underline', row.messages > 0 && 'text-accent')}
                    >
                      {showDay(row.day)}
                    </Link>
                  </th>
                  {series.map(({ name, textOf }) => (
                    <td key={name} className="py-1 pl-3 text-right">
                      {textOf(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  )
}

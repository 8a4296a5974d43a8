/** Messages a day as a chart, and as a table for those who cannot see it. */
import type { Insights } from '@mevichat/protocol/insights.ts'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { words } from './words.ts'

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const showDay = (iso: unknown) => day.format(new Date(`${String(iso)}T00:00:00Z`))

const series = [
  ['answered', words.answered, 'var(--color-accent)'],
  ['unanswered', words.unanswered, 'var(--color-warn)'],
  ['failed', words.failed, 'var(--color-bad)'],
] as const

export default function DayChart({ days }: { days: Insights['days'] }) {
  return (
    <>
      <ul aria-hidden className="mb-3 flex flex-wrap gap-4 text-sm text-soft">
        {series.map(([key, name, color]) => (
          <li key={key} className="flex items-center gap-2">
            <span className="size-3 rounded-sm" style={{ background: color }} />
            {name}
          </li>
        ))}
      </ul>
      <div aria-hidden className="h-64">
        <ResponsiveContainer>
          <BarChart data={days} margin={{ top: 4, right: 0, bottom: 0, left: -24 }} accessibilityLayer={false}>
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
              allowDecimals={false}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--color-soft)', fontSize: 12 }}
            />
            <Tooltip
              labelFormatter={showDay}
              cursor={{ fill: 'var(--color-sunken)' }}
              contentStyle={{
                background: 'var(--color-paper)',
                border: '1px solid var(--color-line)',
                borderRadius: 12,
                color: 'var(--color-ink)',
              }}
            />
            {series.map(([key, name, color]) => (
              <Bar key={key} dataKey={key} name={name} stackId="all" fill={color} isAnimationActive={false} />
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
                {series.map(([key, name]) => (
                  <th key={key} className="py-1 text-right font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((row) => (
                <tr key={row.day} className="border-line border-t">
                  <th scope="row" className="py-1 font-normal">
                    {showDay(row.day)}
                  </th>
                  {series.map(([key]) => (
                    <td key={key} className="py-1 text-right">
                      {row[key]}
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

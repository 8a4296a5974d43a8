import { getRouteApi } from '@tanstack/react-router'
import { showDay, showMonth, showNumber } from '../dates.ts'
import { useRead } from '../queries.ts'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace

/** The plan, and how much of it is used. */
export function Usage() {
  const params = route.useParams()
  const query = useRead('getUsage', { params })
  return (
    <Loaded query={query}>
      {({ plan, cap, used, calls, resets_at, months }) => (
        <div className="grid gap-6">
          <Card title={`${said.usage}: ${plan}`}>
            <p className="text-2xl font-semibold tabular-nums">
              {cap === null ? said.unlimited(showNumber(used)) : said.of(showNumber(used), showNumber(cap))}
            </p>
            {cap !== null && (
              <progress
                value={Math.min(used, cap)}
                max={cap}
                aria-label={said.usage}
                className="mt-3 h-2 w-full appearance-none overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
              />
            )}
            <p className="mt-3 text-soft">
              {said.resets(showDay(resets_at))} {said.calls(showNumber(calls))}.
            </p>
          </Card>
          <Card title={said.months}>
            <table className="w-full max-w-md text-left tabular-nums">
              <thead>
                <tr className="text-sm text-soft">
                  <th className="pb-2 font-medium">{said.month}</th>
                  <th className="pb-2 text-right font-medium">{said.messages}</th>
                </tr>
              </thead>
              <tbody>
                {months.map(({ month, used: replies }) => (
                  <tr key={month} className="border-line border-t">
                    <th scope="row" className="py-1.5 font-normal">
                      {showMonth(month)}
                    </th>
                    <td className="py-1.5 text-right">{showNumber(replies)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        </div>
      )}
    </Loaded>
  )
}

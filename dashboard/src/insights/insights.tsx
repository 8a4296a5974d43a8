/** How the bot does. */
import type { Insights as Figures } from '@mevichat/protocol/insights.ts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ChartColumn } from 'lucide-react'
import { ToPlayground } from '../playground/to-playground.tsx'
import { useRead } from '../queries.ts'
import { SelectField, TextField } from '../ui/field.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { daysOf, rangeDays, rangeOf } from './range.ts'
import { Report } from './report.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/insights')

export function Insights() {
  const params = route.useParams()
  const range = rangeOf(route.useSearch())
  const query = useRead('getInsights', { params, query: range })
  const isEmpty = ({ total, before }: Figures) => total.messages + before.messages === 0
  return (
    <Page isWide title={words.title} about={words.about} actions={<Range />}>
      <Loaded query={query} rows={8}>
        {(figures) =>
          isEmpty(figures) ? (
            <Empty
              icon={ChartColumn}
              title={words.none}
              action={<ToPlayground params={params}>{words.noneAct}</ToPlayground>}
            >
              {words.noneAbout}
            </Empty>
          ) : (
            <Report figures={figures} params={params} days={daysOf(range)} />
          )
        }
      </Loaded>
    </Page>
  )
}

function Range() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/insights' })
  const { show } = search
  const go = (days: { days?: string; from?: string; to?: string }) =>
    void navigate({ search: { ...days, ...(show && { show }) } })
  const chosen = daysOf(rangeOf(search))
  return (
    <div className="flex flex-wrap items-end gap-2">
      <SelectField
        label={words.range}
        isLabelHidden
        className="w-40"
        value={search.from ? 'custom' : (search.days ?? '30')}
        onChange={({ target: { value } }) => go(value === 'custom' ? chosen : { days: value })}
      >
        {rangeDays.map((days) => (
          <option key={days} value={days}>
            {words.ranges[days]}
          </option>
        ))}
        <option value="custom">{words.custom}</option>
      </SelectField>
      {search.from &&
        (['from', 'to'] as const).map((name) => (
          <TextField
            key={name}
            label={words[name]}
            isLabelHidden
            type="date"
            required
            className="w-44"
            value={chosen[name]}
            onChange={(event) => {
              const day = event.target.value
              if (day) go({ ...chosen, [name]: day })
            }}
          />
        ))}
    </div>
  )
}

/** One source: how it gets on, when it is read again, its pages and its history. */

import { getRouteApi, Link, Outlet, useNavigate } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import type { Output } from '../api.ts'
import { showMoment, showNumber } from '../dates.ts'
import { etagOf, useChange, useSetting, useTagged } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { SelectField } from '../ui/field.tsx'
import { Page } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { useProgress } from './progress.ts'
import { Bar, nameOf, SourceMenu } from './source-list.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge/$sourceId')
type Schedule = keyof typeof words.schedules

export function Source() {
  const params = route.useParams()
  const query = useTagged('getSource', { params })
  return <Loaded query={query}>{({ data }) => <Opened source={data} />}</Loaded>
}

function Opened({ source }: { source: Output<'getSource'> }) {
  const params = route.useParams()
  const navigate = useNavigate()
  const mayEdit = useMay()('editKnowledge')
  const { workspaceId, botId } = params
  const isUnderWay = source.state === 'queued' || source.state === 'running'
  const progress = useProgress(params, isUnderWay)
  const pages = progress?.pages ?? source.pages
  const total = Object.values(pages).reduce((sum, count) => sum + count, 0)
  const [state, tone] = words.states[progress?.state ?? source.state]
  const change = useChange('changeSource', { stale: ['getSource', 'listSources'], isQuiet: true })
  const [schedule, setSchedule] = useSetting(source.schedule as Schedule, (schedule) =>
    change.mutateAsync({ params, body: { schedule }, ifMatch: etagOf('getSource', { params }) }),
  )
  const toList = { to: '/$workspaceId/$botId/knowledge', params: { workspaceId, botId } } as const

  return (
    <Page
      title={nameOf(source)}
      about={
        <Link {...toList} className="inline-flex items-center gap-1.5 hover:text-ink">
          <ArrowLeft className="size-4" aria-hidden />
          {words.title}
        </Link>
      }
      actions={<SourceMenu params={{ workspaceId, botId }} source={source} onRemoved={() => void navigate(toList)} />}
    >
      <div className="flex flex-wrap items-end justify-between gap-4">
        <div className="min-w-0 grow">
          <p className="flex flex-wrap items-center gap-3">
            <Badge tone={tone}>{state}</Badge>
            <span className="text-soft">
              {words.kinds[source.kind]} · {showNumber(total)} {total === 1 ? 'page' : 'pages'}
              {source.next_sync_at && ` · next on ${showMoment(source.next_sync_at)}`}
            </span>
          </p>
          {isUnderWay && (
            <div aria-live="polite" className="mt-2 text-sm text-soft">
              <Bar done={total - pages.queued} of={Math.max(total, 1)} />
              {progress?.seconds_left !== null && progress && words.secondsLeft(progress.seconds_left)}
            </div>
          )}
          {source.reason && <p className="mt-2 text-sm text-bad">{source.reason}</p>}
        </div>
        {source.url && source.kind !== 'text' && source.kind !== 'markdown' && (
          <SelectField
            label={words.schedule}
            className="w-44"
            value={schedule}
            disabled={!mayEdit}
            onChange={(event) => setSchedule(event.target.value as Schedule)}
          >
            {Object.entries(words.schedules).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
      </div>
      <TabLinks
        label={nameOf(source)}
        tabs={[
          {
            name: words.pages.title,
            to: { to: '/$workspaceId/$botId/knowledge/$sourceId', params, activeOptions: { exact: true } },
          },
          { name: words.history.title, to: { to: '/$workspaceId/$botId/knowledge/$sourceId/history', params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}

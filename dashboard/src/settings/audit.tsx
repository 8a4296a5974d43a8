/** Who did what in the workspace. */
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import type { Input } from '../api.ts'
import { showMoment } from '../dates.ts'
import { usePages } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Empty, Failed, Skeleton } from '../ui/states.tsx'
import { words as common } from '../words.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings/audit')
const said = words.workspace

export function Audit() {
  const params = route.useParams()
  const { until = '' } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/settings/audit' })
  const to = until === '' ? undefined : new Date(`${until}T23:59:59.999`).toISOString()
  const input: Input<'listAuditEvents'> = { params, ...(to && { query: { to } }) }
  const query = usePages('listAuditEvents', input)
  const events = query.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <p className="text-soft">{said.audit}</p>
        <TextField
          label={common.until}
          type="date"
          className="w-44"
          value={until}
          onChange={({ target: { value } }) => void navigate({ search: value ? { until: value } : {} })}
        />
      </div>
      {query.isPending ? (
        <Skeleton />
      ) : query.error ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : events.length === 0 ? (
        <Empty icon={ScrollText} title={said.noAudit}>
          {said.audit}
        </Empty>
      ) : (
        <ol className="divide-y divide-line rounded-xl border border-line">
          {events.map((event) => (
            <li key={event.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5">
              <time dateTime={event.at} className="w-44 shrink-0 text-sm text-soft">
                {showMoment(event.at)}
              </time>
              <span className="min-w-40 grow">
                <span className="font-medium">{event.user?.name ?? event.user?.email ?? said.system}</span>{' '}
                <span className="text-soft">{event.action.replaceAll(/[._]/g, ' ')}</span>{' '}
                {event.target && <span className="break-all">{event.target.name ?? event.target.id}</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button className="justify-self-center" isBusy={query.isFetching} onClick={() => void query.fetchNextPage()}>
          {common.more}
        </Button>
      )}
    </div>
  )
}

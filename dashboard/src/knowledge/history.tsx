import { getRouteApi } from '@tanstack/react-router'
import { History as HistoryIcon } from 'lucide-react'
import { showMoment } from '../dates.ts'
import { useRead } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge/$sourceId')
const tones = { added: 'good', changed: 'accent', removed: 'bad' } as const

/** Each time a source was read, with what was different. */
export function History() {
  const params = route.useParams()
  const query = useRead('listSyncs', { params })
  return (
    <Loaded query={query}>
      {({ syncs }) =>
        syncs.length === 0 ? (
          <Empty icon={HistoryIcon} title={words.history.none}>
            {words.history.noneAbout}
          </Empty>
        ) : (
          <ol className="grid gap-3">
            {syncs.map((sync) => {
              const [state, tone] = words.states[sync.state]
              return (
                <li key={sync.id} className="rounded-xl border border-line p-4">
                  <p className="flex flex-wrap items-center gap-3">
                    <span className="font-medium">{showMoment(sync.started_at)}</span>
                    <Badge tone={tone}>{state}</Badge>
                    <span className="text-soft">{words.history.counts(sync.added, sync.changed, sync.removed)}</span>
                  </p>
                  {sync.reason && <p className="mt-1 text-sm text-bad">{sync.reason}</p>}
                  {sync.left_out > 0 && (
                    <p className="mt-1 text-sm text-warn">{words.history.leftOut(sync.left_out)}</p>
                  )}
                  {sync.changes.length > 0 && (
                    <details className="mt-2">
                      <summary className="text-sm text-accent">{sync.changes.length}</summary>
                      <ul className="mt-2 grid gap-1.5">
                        {sync.changes.map(({ change, page_id, title, url }) => (
                          <li key={`${change}${page_id}`} className="flex items-center gap-2 text-sm">
                            <Badge tone={tones[change]}>{words.history.changes[change]}</Badge>
                            <span className="min-w-0 truncate">{title || url}</span>
                          </li>
                        ))}
                      </ul>
                    </details>
                  )}
                </li>
              )
            })}
          </ol>
        )
      }
    </Loaded>
  )
}

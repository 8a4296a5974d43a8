import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { callTagged } from '../api.ts'
import { showMoment } from '../dates.ts'
import { useChange, usePages } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Failed, Skeleton } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { VersionDifferences } from './version-differences.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const said = words.bot

/** What was live and when, and the way back. */
export function Versions() {
  const params = route.useParams()
  const isAllowed = useMay()('editBots')
  const [shown, setShown] = useState<number | null>(null)
  const query = usePages('listVersions', { params })
  const restore = useChange('restoreVersion', { stale: ['getDraft', 'getBot'], onDone: () => say(said.restored) })
  async function putBack(number: number) {
    const { etag } = await callTagged('getDraft', { params })
    restore.mutate({ params: { ...params, number: String(number) }, ifMatch: etag })
  }
  if (query.isPending) return <Skeleton />
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className="grid gap-4">
      <p className="text-soft">{said.versions}</p>
      <ol className="divide-y divide-line rounded-xl border border-line">
        {query.data.pages
          .flatMap(({ versions }) => versions)
          .map(({ number, is_live, published_at, published_by }) => (
            <li key={number} className="flex flex-wrap items-center gap-3 px-4 py-3">
              <span className="font-medium">{said.version(number)}</span>
              {is_live && <Badge tone="good">{said.liveNow}</Badge>}
              <span className="grow text-sm text-soft">
                {showMoment(published_at)}
                {published_by && ` ${said.by(published_by.name ?? published_by.email ?? '–')}`}
              </span>
              {!is_live && (
                <Button size="small" onClick={() => setShown(number)}>
                  {said.look}
                </Button>
              )}
              {!is_live && isAllowed && (
                <Button size="small" isBusy={restore.isPending} onClick={() => void putBack(number)}>
                  {said.restore}
                </Button>
              )}
            </li>
          ))}
      </ol>
      {shown !== null && <VersionDifferences number={shown} onClose={() => setShown(null)} />}
      {query.hasNextPage && (
        <Button className="justify-self-center" isBusy={query.isFetching} onClick={() => void query.fetchNextPage()}>
          {common.more}
        </Button>
      )}
    </div>
  )
}

/** How the reading of a source gets on, told by the server while it runs. */
import type { SyncProgress } from '@mevichat/protocol/sources.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { addressOf } from '../api.ts'

type SourceParams = { workspaceId: string; botId: string; sourceId: string }

/** Null while nothing is being read. What the source has is asked for anew as it changes. */
export function useProgress(params: SourceParams, isUnderWay: boolean): SyncProgress | null {
  const [progress, setProgress] = useState<SyncProgress | null>(null)
  const client = useQueryClient()
  const address = addressOf('followProgress', { params })
  useEffect(() => {
    if (!isUnderWay) return
    const events = new EventSource(address)
    events.addEventListener('progress', ({ data }) => setProgress(JSON.parse(data)))
    events.addEventListener('done', () => {
      events.close()
      setProgress(null)
      for (const name of ['getSource', 'listSources', 'listPages', 'listSyncs'])
        void client.invalidateQueries({ queryKey: [name] })
    })
    return () => events.close()
  }, [address, isUnderWay, client])
  return isUnderWay ? progress : null
}

/** The one draft of a bot: what is edited is saved at once, and two editors do not overwrite each other. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { ApiError, callTagged, type Input, type Output, type Tagged } from '../api.ts'
import { messageOf } from '../messages.ts'
import { useTagged } from '../queries.ts'
import { say } from '../ui/toasts.tsx'

export type BotParams = { workspaceId: string; botId: string }
export type Settings = Output<'getDraft'>['settings']
export type SettingsChange = Input<'changeDraft'>['body']
/** What a card of settings is given: what stands, and how to change it. */
export interface CardProps {
  settings: Settings
  save: (change: SettingsChange) => Promise<void>
}

export type Saving = 'saved' | 'saving' | 'unsaved'

export function useDraft(params: BotParams) {
  const client = useQueryClient()
  const query = useTagged('getDraft', { params })
  const [saving, setSaving] = useState<Saving>('saved')
  // One change after the other: each needs the ETag of the one before.
  const last = useRef(Promise.resolve())

  const save = useCallback(
    (change: SettingsChange) => {
      setSaving('saving')
      const turn = last.current.then(async () => {
        const current = client.getQueryData<Tagged<Output<'getDraft'>>>(['getDraft', { params }, 'tagged'])
        if (!current) return
        try {
          const saved = await callTagged('changeDraft', { params, body: change, ifMatch: current.etag })
          client.setQueryData(['getDraft', { params }, 'tagged'], saved)
          setSaving('saved')
          void client.invalidateQueries({ queryKey: ['getBot'] })
          void client.invalidateQueries({ queryKey: ['getDraft', { params }], exact: true })
        } catch (error) {
          setSaving('unsaved')
          say(messageOf(error), { isBad: true })
          if (error instanceof ApiError && error.code === 'changed_meanwhile')
            await client.invalidateQueries({ queryKey: ['getDraft'] })
        }
      })
      last.current = turn
      return turn
    },
    [client, params],
  )

  const refresh = useCallback(async () => {
    await client.invalidateQueries({ queryKey: ['getDraft'] })
    await client.invalidateQueries({ queryKey: ['getBot'] })
    await client.invalidateQueries({ queryKey: ['listVersions'] })
  }, [client])

  return { query, saving, save, refresh }
}

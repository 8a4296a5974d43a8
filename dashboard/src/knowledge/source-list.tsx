/** The sources of a bot, each with how far it is. */

import type { SourceAnswer } from '@mevichat/protocol/sources.ts'
import { Link } from '@tanstack/react-router'
import { BookOpen, EllipsisVertical } from 'lucide-react'
import { useState } from 'react'
import { showAgo, showNumber } from '../dates.ts'
import { useChange, useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Menu, MenuItem, MenuSeparator } from '../ui/menu.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words } from './words.ts'

type BotParams = { workspaceId: string; botId: string }

const isUnderWay = ({ state }: SourceAnswer) => state === 'queued' || state === 'running'

export function useSources(params: BotParams) {
  return useRead('listSources', { params }, { refetchMs: (found) => found?.sources.some(isUnderWay) && 1_500 })
}

export function SourceList({ params }: { params: BotParams }) {
  const query = useSources(params)
  return (
    <Loaded query={query}>
      {({ sources }) => {
        const shown = sources.filter(({ kind }) => kind !== 'qa')
        if (shown.length === 0) {
          return (
            <Empty icon={BookOpen} title={words.empty.title}>
              {words.empty.text}
            </Empty>
          )
        }
        return (
          <ul className="divide-y divide-line rounded-xl border border-line">
            {shown.map((source) => (
              <SourceRow key={source.id} params={params} source={source} />
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

function SourceRow({ params, source }: { params: BotParams; source: SourceAnswer }) {
  const [state, tone] = words.states[source.state]
  const { indexed, unchanged, failed, skipped } = source.pages
  const total = Object.values(source.pages).reduce((sum, count) => sum + count, 0)
  const facts = [
    words.kinds[source.kind],
    total > 1 && `${showNumber(indexed + unchanged)} of ${showNumber(total)} pages answer`,
    skipped > 0 && `${showNumber(skipped)} left out`,
    failed > 0 && `${showNumber(failed)} failed`,
    source.synced_at && `read ${showAgo(source.synced_at)}`,
  ].filter(Boolean)
  return (
    <li className="flex items-center gap-3 px-4 py-3">
      <div className="min-w-0 grow">
        <Link
          to="/$workspaceId/$botId/knowledge/$sourceId"
          params={{ ...params, sourceId: source.id }}
          className="block truncate font-medium hover:underline"
        >
          {nameOf(source)}
        </Link>
        <p className="truncate text-sm text-soft">{facts.join(' · ')}</p>
        {source.reason && source.state === 'failed' && <p className="text-sm text-bad">{source.reason}</p>}
        {isUnderWay(source) && total > 0 && <Bar done={total - source.pages.queued} of={total} />}
      </div>
      <Badge tone={tone}>{state}</Badge>
      <SourceMenu params={params} source={source} />
    </li>
  )
}

export function nameOf({ title, url, file }: SourceAnswer): string {
  return title ?? file?.name ?? url?.replace(/^https?:\/\/|\/$/g, '') ?? '–'
}

export function Bar({ done, of }: { done: number; of: number }) {
  return (
    <progress
      value={done}
      max={of}
      aria-label={`${done} of ${of}`}
      className="mt-2 h-1.5 w-full max-w-sm appearance-none overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
    />
  )
}

/** What can be done with a source where it stands. */
export function SourceMenu({
  params,
  source,
  onRemoved,
}: {
  params: BotParams
  source: SourceAnswer
  onRemoved?: () => void
}) {
  const [isRemoving, setIsRemoving] = useState(false)
  const mayEdit = useMay()('editKnowledge')
  const stale = ['listSources', 'getSource', 'listPages', 'listSyncs'] as const
  const options = { stale: [...stale] }
  const changes = {
    sync: useChange('sync', options),
    pause: useChange('pause', options),
    resume: useChange('resume', options),
    cancel: useChange('cancel', options),
  }
  const remove = useChange('removeSource', {
    stale: ['listSources'],
    onDone() {
      setIsRemoving(false)
      say(words.remove.done)
      onRemoved?.()
    },
  })
  const input = { params: { ...params, sourceId: source.id } }
  const offered: (keyof typeof changes)[] = isUnderWay(source)
    ? ['pause', 'cancel']
    : source.state === 'paused'
      ? ['resume', 'cancel']
      : ['sync']
  if (!mayEdit) return null
  return (
    <>
      <Menu
        label={nameOf(source)}
        trigger={
          <Button kind="quiet" size="icon" aria-label={`What to do with ${nameOf(source)}`}>
            <EllipsisVertical aria-hidden />
          </Button>
        }
      >
        {offered.map((name) => (
          <MenuItem key={name} onSelect={() => changes[name].mutate(input)}>
            {words.actions[name]}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem isDanger onSelect={() => setIsRemoving(true)}>
          {words.actions.remove}
        </MenuItem>
      </Menu>
      <Confirm
        title={words.remove.title}
        about={words.remove.about}
        action={words.actions.remove}
        isOpen={isRemoving}
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(input)}
        onClose={() => setIsRemoving(false)}
      />
    </>
  )
}

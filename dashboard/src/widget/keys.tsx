/** Public keys and the domains on which they work. */

import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { showAgo } from '../dates.ts'
import { useChange, useRead } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { type Key, KeyDialog } from './key-dialog.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/widget')

export function Keys() {
  const params = route.useParams()
  const query = useRead('listKeys', { params })
  const [editing, setEditing] = useState<Key | 'new' | null>(null)
  const add = (
    <Button kind="main" onClick={() => setEditing('new')}>
      <Plus aria-hidden />
      {words.keys.add}
    </Button>
  )
  return (
    <div className="grid gap-4">
      <Editable action="editKeys">
        <Loaded query={query}>
          {({ keys }) =>
            keys.length === 0 ? (
              <Empty icon={KeyRound} title={words.keys.none} action={add}>
                {words.keys.noneAbout}
              </Empty>
            ) : (
              <>
                <div className="flex flex-wrap items-center justify-between gap-3">
                  <p className="text-soft">{words.keys.noneAbout}</p>
                  {add}
                </div>
                <ul className="divide-y divide-line rounded-xl border border-line">
                  {keys.map((key) => (
                    <KeyRow key={key.id} item={key} onEdit={() => setEditing(key)} />
                  ))}
                </ul>
              </>
            )
          }
        </Loaded>
      </Editable>
      {editing && (
        <KeyDialog params={params} edited={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
    </div>
  )
}

function KeyRow({ item, onEdit }: { item: Key; onEdit: () => void }) {
  const params = { ...route.useParams(), keyId: item.id }
  const [isRevoking, setIsRevoking] = useState(false)
  const options = { stale: ['listKeys' as const] }
  const rotate = useChange('rotateKey', { ...options, onDone: () => say(words.keys.made) })
  const revoke = useChange('revokeKey', { ...options, onDone: () => setIsRevoking(false) })
  const allow = useChange('allowOrigin', options)
  const isRevoked = item.revoked_at !== null
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-2 px-4 py-4">
      <div className="flex flex-wrap items-center gap-3">
        <span className="font-medium">{item.name}</span>
        {isRevoked ? (
          <Badge tone="bad">{words.keys.revoked}</Badge>
        ) : (
          item.warnings.includes('open_to_any_origin') && <Badge tone="warn">{words.keys.open}</Badge>
        )}
        <span className="grow text-sm text-soft">
          {item.last_used_at ? words.keys.lastUsed(showAgo(item.last_used_at)) : words.keys.never}
        </span>
        {!isRevoked && (
          <span className="flex gap-2">
            <Button size="small" onClick={onEdit}>
              {words.keys.edit}
            </Button>
            <Button
              size="small"
              title={words.keys.rotateAbout}
              isBusy={rotate.isPending}
              onClick={() => rotate.mutate({ params })}
            >
              {words.keys.rotate}
            </Button>
            <Button size="small" kind="danger" onClick={() => setIsRevoking(true)}>
              {words.keys.revoke}
            </Button>
          </span>
        )}
      </div>
      <code className="text-sm break-all text-soft">{item.public_key}</code>
      {item.domains.length > 0 && (
        <ul aria-label={words.keys.domains} className="flex flex-wrap gap-1.5">
          {item.domains.map((domain) => (
            <li key={domain} className="max-w-full">
              <Badge>
                <span className="truncate">{domain}</span>
              </Badge>
            </li>
          ))}
        </ul>
      )}
      {!isRevoked && item.refused_origins.length > 0 && (
        <div className="rounded-lg bg-warn-tint px-3 py-2">
          <p className="text-sm font-medium text-warn">{words.keys.refused}</p>
          <ul className="mt-1 grid gap-1">
            {item.refused_origins.map(({ origin, times, last_at }) => (
              <li key={origin} className="flex flex-wrap items-center gap-3 text-sm">
                <span className="min-w-0 grow break-all">
                  {origin}{' '}
                  <span className="text-soft">
                    · {times}× · {showAgo(last_at)}
                  </span>
                </span>
                <Button size="small" onClick={() => allow.mutate({ params, body: { origin } })}>
                  {words.keys.allow}
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
      <Confirm
        title={words.keys.revokeTitle}
        about={words.keys.revokeAbout}
        action={words.keys.revoke}
        isOpen={isRevoking}
        isBusy={revoke.isPending}
        onConfirm={() => revoke.mutate({ params })}
        onClose={() => setIsRevoking(false)}
      />
    </li>
  )
}

/** Where the link of an invitation leads: its token stands behind the `#`, where no server and no log sees it. */
import { useNavigate } from '@tanstack/react-router'
import { MailOpen } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../api.ts'
import { messageOf } from '../messages.ts'
import { useChange } from '../queries.ts'
import { useMe } from '../shell/me.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/states.tsx'
import { words } from './words.ts'

export function Invitation() {
  const navigate = useNavigate()
  const me = useMe()
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '')
  const accept = useChange('acceptInvitation', {
    stale: ['getMe'],
    isQuiet: true,
    onDone: ({ id }) => void navigate({ to: '/$workspaceId', params: { workspaceId: id } }),
  })
  const isOthers = accept.error instanceof ApiError && accept.error.code === 'forbidden'
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <Empty
        isWhole
        icon={MailOpen}
        title={words.invitation}
        action={
          <Button
            kind="main"
            isBusy={accept.isPending}
            disabled={!me.data || token === ''}
            onClick={() => accept.mutate({ body: { token } })}
          >
            {words.accept}
          </Button>
        }
      >
        <p>{token === '' ? words.invitationCut : words.invitationAbout}</p>
        {me.data?.user.email && <p className="mt-2">{words.signedInAs(me.data.user.email)}</p>}
        {accept.error && (
          <p role="alert" className="mt-3 text-bad">
            {isOthers ? words.notYours : messageOf(accept.error)}
          </p>
        )}
      </Empty>
    </main>
  )
}

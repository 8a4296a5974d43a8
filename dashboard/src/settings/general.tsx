/** A workspace's name, handing it over, leaving it, deleting it. */
import { may } from '@mevichat/protocol/roles.ts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { SavedText } from '../bot/saved-field.tsx'
import { useChange, useTagged } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { words as common } from '../words.ts'
import { Transfer } from './transfer.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace

export function General() {
  const params = route.useParams()
  const navigate = useNavigate()
  const query = useTagged('getWorkspace', { params })
  const rename = useChange('changeWorkspace', { stale: ['getWorkspace', 'getMe'] })
  const gone = { stale: ['getMe' as const], onDone: () => void navigate({ to: '/' }) }
  const leave = useChange('leaveWorkspace', gone)
  const remove = useChange('deleteWorkspace', gone)
  const [asking, setAsking] = useState<'leave' | 'delete' | null>(null)
  const [typed, setTyped] = useState('')
  return (
    <Loaded query={query}>
      {({ data: { name, role }, etag }) => (
        <div className="grid gap-6">
          <Card>
            <SavedText
              label={said.name}
              maxLength={80}
              disabled={!may(role, 'editWorkspace')}
              value={name}
              onSave={(text) => text && rename.mutate({ params, body: { name: text }, ifMatch: etag })}
            />
          </Card>
          {may(role, 'transferWorkspace') && <Transfer />}
          <Card title={said.leave} about={said.leaveAbout}>
            <Button kind="danger" onClick={() => setAsking('leave')}>
              {said.leave}
            </Button>
          </Card>
          {may(role, 'deleteWorkspace') && (
            <Card title={said.delete} about={said.deleteAbout}>
              <Button kind="danger" onClick={() => setAsking('delete')}>
                {said.delete}
              </Button>
            </Card>
          )}
          <Confirm
            title={said.leave}
            about={said.leaveAbout}
            action={said.leave}
            isOpen={asking === 'leave'}
            isBusy={leave.isPending}
            onConfirm={() => leave.mutate({ params })}
            onClose={() => setAsking(null)}
          />
          <Dialog
            title={said.delete}
            about={said.deleteAbout}
            isOpen={asking === 'delete'}
            onClose={() => setAsking(null)}
          >
            <form
              className="grid gap-4"
              onSubmit={(event) => {
                event.preventDefault()
                remove.mutate({ params, body: { name: typed } })
              }}
            >
              <TextField
                label={said.deleteConfirm(name)}
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
              <div className="flex justify-end gap-2">
                <Button onClick={() => setAsking(null)}>{common.cancel}</Button>
                <Button kind="danger" type="submit" disabled={typed !== name} isBusy={remove.isPending}>
                  {said.delete}
                </Button>
              </div>
            </form>
          </Dialog>
        </div>
      )}
    </Loaded>
  )
}

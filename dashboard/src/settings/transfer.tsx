/** Another member becomes the owner of the workspace. */
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useChange, useRead } from '../queries.ts'
import { useMe } from '../shell/me.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { SelectField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace

export function Transfer() {
  const params = route.useParams()
  const ownId = useMe().data?.user.id
  const query = useRead('listMembers', { params, query: { limit: 100 } })
  const [chosen, setChosen] = useState('')
  const [isAsking, setIsAsking] = useState(false)
  const others = (query.data?.members ?? [])
    .filter(({ user_id }) => user_id !== ownId)
    .map(({ user_id, name, email }) => ({ id: user_id, name: name ?? email ?? '–' }))
  const name = others.find(({ id }) => id === chosen)?.name ?? ''
  const transfer = useChange('transferWorkspace', {
    stale: ['getMe', 'getWorkspace', 'listMembers'],
    onDone() {
      setIsAsking(false)
      say(said.transferred(name))
    },
  })
  return (
    <Card title={said.transfer} about={said.transferAbout}>
      <Loaded query={query} rows={1}>
        {() =>
          others.length === 0 ? (
            <p className="text-soft">{said.transferNobody}</p>
          ) : (
            <div className="flex flex-wrap items-end gap-2">
              <SelectField
                label={said.transferTo}
                className="min-w-0 max-w-full sm:w-72"
                value={chosen}
                onChange={(event) => setChosen(event.target.value)}
              >
                <option value="">{said.transferChoose}</option>
                {others.map((other) => (
                  <option key={other.id} value={other.id}>
                    {other.name}
                  </option>
                ))}
              </SelectField>
              <Button kind="danger" disabled={chosen === ''} onClick={() => setIsAsking(true)}>
                {said.transfer}
              </Button>
            </div>
          )
        }
      </Loaded>
      <Confirm
        title={said.transfer}
        about={`${name}: ${said.transferAbout}`}
        action={said.transfer}
        isOpen={isAsking}
        isBusy={transfer.isPending}
        onConfirm={() => transfer.mutate({ params, body: { user_id: chosen } })}
        onClose={() => setIsAsking(false)}
      />
    </Card>
  )
}

/** How long messages are kept, erasing a visitor, deleting the bot. */

import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { etagOf, useChange, useSetting, useTagged } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { useMay } from '../shell/use-may.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const said = words.bot
const choices = [7, 30, 90, 180, 365]

export function BotPrivacy() {
  const params = route.useParams()
  const navigate = useNavigate()
  const mayErase = useMay()('deleteConversations')
  const query = useTagged('getBot', { params })
  const change = useChange('changeBot', { stale: ['getBot'], isQuiet: true })
  const [days, setDays] = useSetting(query.data?.data.retention_days ?? null, (retention_days) =>
    change.mutateAsync({ params, body: { retention_days }, ifMatch: etagOf('getBot', { params }) }),
  )
  const [isDeleting, setIsDeleting] = useState(false)
  const remove = useChange('deleteBot', {
    stale: ['listBots'],
    onDone() {
      say(said.deleted)
      void navigate({ to: '/$workspaceId', params })
    },
  })
  return (
    <Loaded query={query}>
      {({ data: bot }) => (
        <div className="grid gap-6">
          <Editable action="editBots">
            <Card title={said.retention} about={said.retentionAbout}>
              <SelectField
                label={said.retention}
                isLabelHidden
                className="max-w-60"
                value={days ?? ''}
                onChange={(event) => setDays(event.target.value === '' ? null : Number(event.target.value))}
              >
                <option value="">{said.forever}</option>
                {choices.map((days) => (
                  <option key={days} value={days}>
                    {said.days(days)}
                  </option>
                ))}
              </SelectField>
            </Card>
            {mayErase && <EraseVisitor workspaceId={params.workspaceId} />}
            <Card title={said.delete} about={said.deleteAbout}>
              <Button kind="danger" onClick={() => setIsDeleting(true)}>
                {said.delete}
              </Button>
              <Confirm
                title={`${said.delete}: ${bot.name}`}
                about={said.deleteAbout}
                action={said.delete}
                isOpen={isDeleting}
                isBusy={remove.isPending}
                onConfirm={() => remove.mutate({ params })}
                onClose={() => setIsDeleting(false)}
              />
            </Card>
          </Editable>
        </div>
      )}
    </Loaded>
  )
}

function EraseVisitor({ workspaceId }: { workspaceId: string }) {
  const [visitorId, setVisitorId] = useState('')
  const [isAsking, setIsAsking] = useState(false)
  const erase = useChange('eraseVisitor', {
    stale: ['listConversations'],
    onDone({ conversations }) {
      setIsAsking(false)
      setVisitorId('')
      say(said.erased(conversations))
    },
  })
  return (
    <Card title={said.erase} about={said.eraseAbout}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          setIsAsking(true)
        }}
      >
        <TextField
          label={said.visitorId}
          className="min-w-60 grow"
          maxLength={256}
          value={visitorId}
          onChange={(event) => setVisitorId(event.target.value)}
        />
        <Button kind="danger" type="submit" disabled={visitorId === ''}>
          {said.erase}
        </Button>
      </form>
      <Confirm
        title={`${said.erase}: ${visitorId}`}
        about={said.eraseAbout}
        action={said.erase}
        isOpen={isAsking}
        isBusy={erase.isPending}
        onConfirm={() => erase.mutate({ params: { workspaceId }, body: { visitor_id: visitorId } })}
        onClose={() => setIsAsking(false)}
      />
    </Card>
  )
}

import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { messageOf } from '../messages.ts'
import { useChange } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Card, Page } from '../ui/page.tsx'
import { words } from './words.ts'

export function NewWorkspace() {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const create = useChange('createWorkspace', {
    stale: ['getMe'],
    isQuiet: true,
    onDone: ({ id }) => void navigate({ to: '/$workspaceId', params: { workspaceId: id } }),
  })
  return (
    <main className="mx-auto max-w-xl">
      <Page title={words.newWorkspace} about={words.newWorkspaceAbout}>
        <Card>
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              create.mutate({ body: { name } })
            }}
          >
            <TextField
              label={words.name}
              required
              maxLength={80}
              autoComplete="organization"
              value={name}
              error={create.error ? messageOf(create.error) : undefined}
              onChange={(event) => setName(event.target.value)}
            />
            <Button kind="main" type="submit" className="justify-self-start" isBusy={create.isPending}>
              {words.makeWorkspace}
            </Button>
          </form>
        </Card>
      </Page>
    </main>
  )
}

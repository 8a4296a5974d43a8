/** The workspace's own keys for model providers. */
import { getRouteApi } from '@tanstack/react-router'
import { KeySquare, Plus } from 'lucide-react'
import { useState } from 'react'
import { showAgo } from '../dates.ts'
import { messageOf } from '../messages.ts'
import { useChange, useRead } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace

export function Credentials() {
  const params = route.useParams()
  const query = useRead('listCredentials', { params })
  const [isAdding, setIsAdding] = useState(false)
  const remove = useChange('removeCredential', { stale: ['listCredentials'] })
  const test = useChange('testCredential', {
    stale: ['listCredentials'],
    onDone: ({ problem }) => say(problem ?? said.works, { isBad: problem !== null }),
  })
  const add = (
    <Button kind="main" onClick={() => setIsAdding(true)}>
      <Plus aria-hidden />
      {said.addCredential}
    </Button>
  )
  return (
    <div className="grid gap-4">
      <Loaded query={query}>
        {({ credentials }) =>
          credentials.length === 0 ? (
            <Empty icon={KeySquare} title={said.noCredentials} action={add}>
              {said.noCredentialsAbout}
            </Empty>
          ) : (
            <>
              <div className="flex flex-wrap items-center justify-between gap-3">
                <p className="max-w-xl text-soft">{said.credentials}</p>
                {add}
              </div>
              <ul className="divide-y divide-line rounded-xl border border-line">
                {credentials.map(({ id, name, provider, last_four, base_url, problem, tested_at }) => {
                  const ofOne = { params: { ...params, credentialId: id } }
                  return (
                    <li key={id} className="flex flex-wrap items-center gap-3 px-4 py-3">
                      <span className="min-w-48 grow">
                        <span className="font-medium">{name}</span> <Badge>{provider}</Badge>
                        <span className="block text-sm text-soft">
                          …{last_four}
                          {base_url && ` · ${base_url}`}
                          {tested_at && ` · ${showAgo(tested_at)}`}
                        </span>
                        {problem && <span className="block text-sm text-bad">{problem}</span>}
                      </span>
                      <Button
                        size="small"
                        isBusy={test.isPending && test.variables.params.credentialId === id}
                        onClick={() => test.mutate(ofOne)}
                      >
                        {said.test}
                      </Button>
                      <Button size="small" kind="danger" onClick={() => remove.mutate(ofOne)}>
                        {common.delete}
                      </Button>
                    </li>
                  )
                })}
              </ul>
            </>
          )
        }
      </Loaded>
      {isAdding && <AddCredential onClose={() => setIsAdding(false)} />}
    </div>
  )
}

type Provider = 'openai' | 'anthropic'

function AddCredential({ onClose }: { onClose: () => void }) {
  const params = route.useParams()
  const [provider, setProvider] = useState<Provider>('openai')
  const [name, setName] = useState('OpenAI')
  const [key, setKey] = useState('')
  const [baseUrl, setBaseUrl] = useState('')
  const add = useChange('addCredential', { stale: ['listCredentials'], isQuiet: true, onDone: onClose })
  const test = useChange('testNewCredential', { isQuiet: true })
  const address = baseUrl.trim() === '' ? {} : { base_url: baseUrl.trim() }
  const problem = add.error ?? test.error
  return (
    <Dialog title={said.addCredential} about={said.credentials} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate({ params, body: { provider, name, key, ...address } })
        }}
      >
        <SelectField
          label={said.provider}
          value={provider}
          onChange={(event) => {
            setProvider(event.target.value as Provider)
            setName(event.target.value === 'openai' ? 'OpenAI' : 'Anthropic')
          }}
        >
          <option value="openai">OpenAI</option>
          <option value="anthropic">Anthropic</option>
        </SelectField>
        <TextField
          label={said.name}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={said.key}
          type="password"
          autoComplete="off"
          required
          value={key}
          error={problem ? messageOf(problem) : (test.data?.problem ?? undefined)}
          hint={test.data && test.data.problem === null ? said.works : undefined}
          onChange={(event) => setKey(event.target.value)}
        />
        <TextField
          label={said.baseUrl}
          hint={said.baseUrlHint}
          type="url"
          value={baseUrl}
          onChange={(event) => setBaseUrl(event.target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button
            isBusy={test.isPending}
            disabled={key === ''}
            onClick={() => test.mutate({ params, body: { provider, key, ...address } })}
          >
            {said.test}
          </Button>
          <Button kind="main" type="submit" isBusy={add.isPending} disabled={key === ''}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

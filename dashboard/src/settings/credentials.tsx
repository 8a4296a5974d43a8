/** The workspace's own keys for model providers. */
import type { CredentialAnswer } from '@mevichat/protocol/credentials.ts'
import { getRouteApi } from '@tanstack/react-router'
import { KeySquare, Plus } from 'lucide-react'
import { useState } from 'react'
import { showAgo } from '../dates.ts'
import { messageOf } from '../messages.ts'
import { useChange, useRead, useTagged } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
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
  const [changed, setChanged] = useState<CredentialAnswer | null>(null)
  const [removed, setRemoved] = useState<CredentialAnswer | null>(null)
  const remove = useChange('removeCredential', { stale: ['listCredentials'], onDone: () => setRemoved(null) })
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
                {credentials.map((credential) => {
                  const { id, name, provider, last_four, base_url, problem, tested_at } = credential
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
                        onClick={() => test.mutate({ params: { ...params, credentialId: id } })}
                      >
                        {said.test}
                      </Button>
                      <Button size="small" onClick={() => setChanged(credential)}>
                        {said.changeCredential}
                      </Button>
                      <Button size="small" kind="danger" onClick={() => setRemoved(credential)}>
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
      {changed && <ChangeCredential key={changed.id} credential={changed} onClose={() => setChanged(null)} />}
      <Confirm
        title={said.deleteCredential(removed?.name ?? '')}
        about={said.deleteCredentialAbout}
        action={common.delete}
        isOpen={removed !== null}
        isBusy={remove.isPending}
        onConfirm={() =>
          removed && remove.mutate({ params: { ...params, credentialId: removed.id }, query: { force: 'true' } })
        }
        onClose={() => setRemoved(null)}
      />
    </div>
  )
}

interface TextProps {
  value: string
  onChange: (text: string) => void
}

function NameField({ value, onChange }: TextProps) {
  return (
    <TextField
      label={said.name}
      required
      maxLength={100}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function AddressField({ value, onChange }: TextProps) {
  return (
    <TextField
      label={said.baseUrl}
      hint={said.baseUrlHint}
      type="url"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function ChangeCredential({ credential, onClose }: { credential: CredentialAnswer; onClose: () => void }) {
  const params = { ...route.useParams(), credentialId: credential.id }
  const { data } = useTagged('getCredential', { params })
  const [name, setName] = useState(credential.name)
  const [key, setKey] = useState('')
  const [baseUrl, setBaseUrl] = useState(credential.base_url ?? '')
  const change = useChange('changeCredential', {
    stale: ['listCredentials', 'getCredential'],
    isQuiet: true,
    onDone: onClose,
  })
  const address = baseUrl.trim() || null
  const isElsewhere = address !== credential.base_url
  return (
    <Dialog
      title={said.changeCredentialOf(credential.name)}
      about={said.changeCredentialAbout}
      isOpen
      isUnsaved={key !== '' || name !== credential.name || isElsewhere}
      onClose={onClose}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          const body = { name, ...(key && { key }), ...(isElsewhere && { base_url: address }) }
          if (data) change.mutate({ params, body, ifMatch: data.etag })
        }}
      >
        <NameField value={name} onChange={setName} />
        <TextField
          label={isElsewhere ? said.key : said.newKey}
          type="password"
          autoComplete="off"
          required={isElsewhere}
          value={key}
          hint={isElsewhere ? said.keyForAddress : said.newKeyHint(`…${credential.last_four}`)}
          error={change.error ? messageOf(change.error) : undefined}
          onChange={(event) => setKey(event.target.value)}
        />
        <AddressField value={baseUrl} onChange={setBaseUrl} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="main" type="submit" isBusy={change.isPending || !data}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
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
    <Dialog title={said.addCredential} about={said.credentials} isOpen isUnsaved={key !== ''} onClose={onClose}>
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
        <NameField value={name} onChange={setName} />
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
        <AddressField value={baseUrl} onChange={setBaseUrl} />
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

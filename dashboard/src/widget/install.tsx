/** The snippet by platform, and whether it works where it was pasted. */

import { getRouteApi } from '@tanstack/react-router'
import { CircleAlert, CircleCheck, CircleHelp, CircleX } from 'lucide-react'
import { useEffect, useState } from 'react'
import { showAgo } from '../dates.ts'
import { messageOf } from '../messages.ts'
import { useChange, useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Key, KeyDialog } from './key-dialog.tsx'
import { type Platform, platformNames, platformSteps, platforms, snippetFor } from './snippets.ts'
import { isStreamed } from './streaming.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/widget/install')

export function Install() {
  const params = route.useParams()
  const query = useRead('listKeys', { params }, { refetchMs: 4_000 })
  return (
    <Loaded query={query}>
      {({ keys }) => (
        <div className="grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-6">
          <Snippet params={params} keys={keys.filter(({ revoked_at }) => revoked_at === null)} />
          <InstallCheck params={params} />
        </div>
      )}
    </Loaded>
  )
}

type BotParams = { workspaceId: string; botId: string }

export function Snippet({ params, keys, domains }: { params: BotParams; keys: Key[]; domains?: string[] }) {
  const [platform, setPlatform] = useState<Platform>('html')
  const [keyId, setKeyId] = useState<string | null>(null)
  const [isMaking, setIsMaking] = useState(false)
  const mayMake = useMay()('editKeys')
  const key = keys.find(({ id }) => id === keyId) ?? keys[0]
  return (
    <Card title={words.snippet} about={words.snippetAbout}>
      {key ? (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              label={words.platform}
              value={platform}
              onChange={(event) => setPlatform(event.target.value as Platform)}
            >
              {platforms.map((name) => (
                <option key={name} value={name}>
                  {platformNames[name]}
                </option>
              ))}
            </SelectField>
            {keys.length > 1 && (
              <SelectField label={words.key} value={key.id} onChange={(event) => setKeyId(event.target.value)}>
                {keys.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </SelectField>
            )}
          </div>
          <p className="text-soft">{platformSteps[platform]}</p>
          <CodeBlock label={words.snippet} code={snippetFor(platform, location.origin, key.public_key)} />
          <p aria-live="polite" className="flex items-center gap-2">
            {key.last_seen_at ? (
              <>
                <CircleCheck className="size-5 text-good" aria-hidden />
                {words.seen(showAgo(key.last_seen_at))}
              </>
            ) : (
              <>
                <span className="size-2.5 animate-pulse rounded-full bg-accent" aria-hidden />
                <span className="text-soft">{words.waiting}</span>
              </>
            )}
          </p>
        </div>
      ) : (
        <div className="grid justify-items-start gap-3">
          <p className="text-soft">{words.noKey}</p>
          <Button kind="main" disabled={!mayMake} onClick={() => setIsMaking(true)}>
            {words.makeKey}
          </Button>
        </div>
      )}
      {isMaking && (
        <KeyDialog params={params} edited={null} {...(domains && { domains })} onClose={() => setIsMaking(false)} />
      )}
    </Card>
  )
}

const icons = { pass: CircleCheck, warning: CircleAlert, fail: CircleX, unknown: CircleHelp }
const colors = { pass: 'text-good', warning: 'text-warn', fail: 'text-bad', unknown: 'text-soft' }

function InstallCheck({ params }: { params: BotParams }) {
  const { url = '' } = route.useSearch()
  const [address, setAddress] = useState(url)
  const [streams, setStreams] = useState<boolean | null>(null)
  const check = useChange('checkInstall', { isQuiet: true })
  useEffect(() => {
    if (check.isPending) void isStreamed().then(setStreams)
  }, [check.isPending])
  return (
    <Card title={words.check} about={words.checkAbout}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          check.mutate({ params, body: { url: address } })
        }}
      >
        <TextField
          label={words.address}
          className="min-w-60 grow"
          placeholder="https://example.com/"
          value={address}
          error={check.error ? messageOf(check.error) : undefined}
          onChange={(event) => setAddress(event.target.value)}
        />
        <Button kind="main" type="submit" disabled={address.trim() === ''} isBusy={check.isPending}>
          {words.checkNow}
        </Button>
      </form>
      {check.data && (
        <ul aria-live="polite" className="mt-5 grid gap-3">
          {check.data.checks.map(({ name, state, about }) => (
            <Finding key={name} title={words.checks[name]} state={state} about={about} />
          ))}
          {streams !== null && (
            <Finding
              title={words.streaming}
              state={streams ? 'pass' : 'fail'}
              about={streams ? words.streamOk : words.streamHeld}
            />
          )}
        </ul>
      )}
    </Card>
  )
}

function Finding({ title, state, about }: { title: string; state: keyof typeof icons; about: string }) {
  const Icon = icons[state]
  return (
    <li className="flex items-start gap-3">
      <Icon className={`mt-0.5 size-5 shrink-0 ${colors[state]}`} aria-hidden />
      <span>
        <span className="font-medium">{title}</span> <span className="text-sm text-soft">({words.states[state]})</span>
        <span className="block text-soft">{about}</span>
      </span>
    </li>
  )
}

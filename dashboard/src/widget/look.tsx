/** How the widget looks and what it says, beside the real one. */

import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useRef, useState } from 'react'
import { PublishBar } from '../bot/publish-bar.tsx'
import { type CardProps, type Settings, type SettingsChange, useDraft } from '../bot/use-draft.ts'
import { configOf } from '../preview/config.ts'
import { PreviewFrame } from '../preview/frame.tsx'
import { useChange, useSetting } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Check, SelectField, TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { words } from './words.ts'
import { WordsCard } from './words-card.tsx'

const route = getRouteApi('/$workspaceId/$botId/widget/')

export function Look() {
  const params = route.useParams()
  const draft = useDraft(params)
  const [chosen, setLanguage] = useState<string | null>(null)
  return (
    <Loaded query={draft.query} rows={8}>
      {({ data: { settings } }) => {
        // What another editor removed is shown no longer.
        const language = chosen !== null && settings.translations?.[chosen] ? chosen : null
        return (
          <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_26rem]">
            <div className="grid gap-6">
              <Editable action="editBots">
                <LookCard settings={settings} save={draft.save} avatar={<Avatar draft={draft} />} />
                <BehaviourCard settings={settings} save={draft.save} />
                <WordsCard settings={settings} save={draft.save} language={language} onLanguage={setLanguage} />
                <PublishBar params={params} draft={draft} />
              </Editable>
            </div>
            <LivePreview settings={settings} language={language} />
          </div>
        )
      }}
    </Loaded>
  )
}

type Theme = NonNullable<SettingsChange['theme']>

function LookCard({ settings, save, avatar }: CardProps & { avatar: ReactNode }) {
  const [theme, setTheme] = useSetting(settings.theme as Theme, (theme) => save({ theme }))
  const saveTheme = (change: Partial<Theme>) => setTheme({ ...theme, ...change })
  return (
    <Card title={words.look}>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(min(13rem,100%),1fr))] gap-5">
        <TextField
          label={words.accent}
          type="color"
          value={theme.accent ?? '#0f766e'}
          onChange={(event) => saveTheme({ accent: event.target.value })}
        />
        <SelectField
          label={words.mode}
          value={theme.mode ?? 'auto'}
          onChange={(event) => saveTheme({ mode: event.target.value as 'auto' })}
        >
          {Object.entries(words.modes).map(([mode, name]) => (
            <option key={mode} value={mode}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={words.position}
          value={theme.position ?? 'right'}
          onChange={(event) => saveTheme({ position: event.target.value as 'right' })}
        >
          {Object.entries(words.positions).map(([position, name]) => (
            <option key={position} value={position}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      {avatar}
    </Card>
  )
}

function Avatar({ draft }: { draft: ReturnType<typeof useDraft> }) {
  const params = route.useParams()
  const file = useRef<HTMLInputElement>(null)
  const options = { onDone: () => void draft.refresh() }
  const set = useChange('setAvatar', options)
  const remove = useChange('removeAvatar', options)
  const found = draft.query.data
  if (!found) return null
  const input = { params, ifMatch: found.etag }
  const { avatar_url: url } = found.data.settings
  return (
    <div className="mt-5 flex flex-wrap items-center gap-4">
      {url && (
        <img src={url} alt="" width="56" height="56" className="size-14 rounded-full border border-line object-cover" />
      )}
      <div className="grow">
        <p className="text-sm font-medium">{words.avatar}</p>
        <p className="text-sm text-soft">{words.avatarHint}</p>
      </div>
      <input
        ref={file}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/gif"
        onChange={(event) => {
          const [picture] = event.target.files ?? []
          if (picture) set.mutate({ ...input, body: picture })
          event.target.value = ''
        }}
      />
      <Button isBusy={set.isPending} onClick={() => file.current?.click()}>
        {words.choosePicture}
      </Button>
      {url && (
        <Button isBusy={remove.isPending} onClick={() => remove.mutate(input)}>
          {words.removePicture}
        </Button>
      )}
    </div>
  )
}

function BehaviourCard({ settings, save }: CardProps) {
  const [citations, setCitations] = useSetting(settings.citations, (citations) => save({ citations }))
  return (
    <Card title={words.behaviour}>
      <div className="grid gap-5">
        <Check
          label={words.citations}
          hint={words.citationsHint}
          checked={citations}
          onChange={(event) => setCitations(event.target.checked)}
        />
      </div>
    </Card>
  )
}

type Showing = 'light' | 'dark' | 'mobile'

function LivePreview({ settings, language }: { settings: Settings; language: string | null }) {
  const params = route.useParams()
  const [showing, setShowing] = useState<Showing>('light')
  const names = { light: words.previewLight, dark: words.previewDark, mobile: words.previewMobile }
  return (
    <section aria-label={words.preview} className="sticky top-6 grid gap-3">
      <div className="flex gap-1">
        {Object.entries(names).map(([name, label]) => (
          <Button
            key={name}
            size="small"
            kind={name === showing ? 'plain' : 'quiet'}
            aria-pressed={name === showing}
            onClick={() => setShowing(name as Showing)}
          >
            {label}
          </Button>
        ))}
      </div>
      <div className={classes('mx-auto h-[40rem] max-h-[75dvh] w-full', showing === 'mobile' && 'max-w-[23rem]')}>
        <PreviewFrame
          title={words.frame}
          preview={{
            ...params,
            version: 'draft',
            config: configOf(settings, language),
            scheme: showing === 'dark' ? 'dark' : 'light',
          }}
        />
      </div>
    </section>
  )
}

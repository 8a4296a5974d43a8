/** How the widget looks and what it says, beside the real one. */

import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useRef, useState } from 'react'
import { PublishBar } from '../bot/publish-bar.tsx'
import { SavedArea, SavedText } from '../bot/saved-field.tsx'
import { type Settings, type SettingsChange, useDraft } from '../bot/use-draft.ts'
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

const route = getRouteApi('/$workspaceId/$botId/widget/')

export function Look() {
  const params = route.useParams()
  const draft = useDraft(params)
  return (
    <Loaded query={draft.query} rows={8}>
      {({ data: { settings } }) => (
        <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_26rem]">
          <div className="grid gap-6">
            <Editable action="editBots">
              <LookCard settings={settings} save={draft.save} avatar={<Avatar draft={draft} />} />
              <BehaviourCard settings={settings} save={draft.save} />
              <WordsCard settings={settings} save={draft.save} />
              <PublishBar params={params} draft={draft} />
            </Editable>
          </div>
          <LivePreview settings={settings} />
        </div>
      )}
    </Loaded>
  )
}

type Theme = NonNullable<SettingsChange['theme']>

interface CardProps {
  settings: Settings
  save: (change: SettingsChange) => Promise<void>
}

function LookCard({ settings, save, avatar }: CardProps & { avatar: ReactNode }) {
  const [theme, setTheme] = useSetting(settings.theme as Theme, (theme) => save({ theme }))
  const saveTheme = (change: Partial<Theme>) => setTheme({ ...theme, ...change })
  return (
    <Card title={words.look}>
      <div className="grid gap-5 sm:grid-cols-3">
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
        <SavedArea
          label={words.greeting}
          hint={words.greetingHint}
          maxLength={2_000}
          rows={2}
          value={settings.greeting}
          onSave={(greeting) => save({ greeting })}
        />
        <SavedArea
          label={words.suggestions}
          hint={words.suggestionsHint}
          value={settings.suggested_questions?.join('\n') ?? null}
          onSave={(text) => save({ suggested_questions: linesOf(text) })}
        />
        <Check
          label={words.citations}
          hint={words.citationsHint}
          checked={citations}
          onChange={(event) => setCitations(event.target.checked)}
        />
        <SavedText
          label={words.locale}
          hint={words.localeHint}
          className="max-w-60"
          placeholder="en"
          value={settings.locale}
          onSave={(locale) => save({ locale })}
        />
      </div>
    </Card>
  )
}

function linesOf(text: string | null): string[] | null {
  const lines = (text ?? '').split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '').slice(0, 10)
  return said.length > 0 ? said : null
}

function WordsCard({ settings, save }: CardProps) {
  return (
    <Card title={words.words} about={words.wordsAbout}>
      <div className="grid gap-4 sm:grid-cols-2">
        {Object.entries(words.wordNames).map(([name, label]) => (
          <SavedText
            key={name}
            label={label}
            maxLength={500}
            value={settings.words?.[name] ?? null}
            onSave={(text) => {
              const { [name]: _, ...others } = settings.words ?? {}
              const next = text === null ? others : { ...others, [name]: text }
              void save({ words: Object.keys(next).length > 0 ? next : null })
            }}
          />
        ))}
      </div>
    </Card>
  )
}

type Showing = 'light' | 'dark' | 'mobile'

function LivePreview({ settings }: { settings: Settings }) {
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
            config: configOf(settings),
            scheme: showing === 'dark' ? 'dark' : 'light',
          }}
        />
      </div>
    </section>
  )
}

/** Identity, language and model of a bot. */

import { getRouteApi } from '@tanstack/react-router'
import { PublishBar } from '../bot/publish-bar.tsx'
import { SavedArea, SavedText } from '../bot/saved-field.tsx'
import { type CardProps, useDraft } from '../bot/use-draft.ts'
import { etagOf, useChange, useRead, useSetting, useTagged } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { useMay } from '../shell/use-may.ts'
import { SelectField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { Switch } from '../ui/switch.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const said = words.bot

export function BotDraft() {
  const params = route.useParams()
  const draft = useDraft(params)
  return (
    <Loaded query={draft.query} rows={8}>
      {({ data: { settings } }) => (
        <div className="grid gap-6">
          <Editable action="editBots">
            <Power />
            <Identity settings={settings} save={draft.save} />
            <Model settings={settings} save={draft.save} />
            <PublishBar params={params} draft={draft} />
          </Editable>
        </div>
      )}
    </Loaded>
  )
}

function Power() {
  const params = route.useParams()
  const query = useTagged('getBot', { params })
  const change = useChange('changeBot', { stale: ['getBot', 'listBots'], isQuiet: true })
  const [isOn, setIsOn] = useSetting(query.data?.data.is_enabled ?? false, (is_enabled) =>
    change.mutateAsync({ params, body: { is_enabled }, ifMatch: etagOf('getBot', { params }) }),
  )
  if (!query.data) return null
  return (
    <Card>
      <div className="flex items-center justify-between gap-4">
        <div>
          <p className="font-medium">{said.on}</p>
          <p className="text-sm text-soft">{said.onAbout}</p>
        </div>
        <Switch label={said.on} checked={isOn} onCheckedChange={setIsOn} />
      </div>
    </Card>
  )
}

function Identity({ settings, save }: CardProps) {
  return (
    <Card title={said.identity}>
      <div className="grid gap-5">
        <SavedText
          label={said.name}
          required
          maxLength={200}
          value={settings.name}
          onSave={(name) => name && save({ name })}
        />
        <SavedArea
          label={said.instructions}
          hint={said.instructionsHint}
          rows={6}
          maxLength={20_000}
          value={settings.instructions}
          onSave={(instructions) => save({ instructions: instructions ?? '' })}
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <SavedText
            label={said.tone}
            placeholder={said.tonePlaceholder}
            maxLength={500}
            value={settings.tone}
            onSave={(tone) => save({ tone })}
          />
          <SavedText
            label={said.language}
            hint={said.languageHint}
            value={settings.answer_language}
            onSave={(answer_language) => save({ answer_language })}
          />
        </div>
        <SavedArea
          label={said.unknown}
          hint={said.unknownHint}
          rows={2}
          maxLength={2_000}
          value={settings.unknown_answer}
          onSave={(unknown_answer) => save({ unknown_answer })}
        />
      </div>
    </Card>
  )
}

function Model({ settings, save }: CardProps) {
  const { workspaceId } = route.useParams()
  // Only admins see them; for others the choice stays as it is.
  const maySee = useMay()('editCredentials')
  const credentials = useRead('listCredentials', { params: { workspaceId } }, { isEnabled: maySee })
  const [credentialId, setCredentialId] = useSetting(settings.credential_id, (credential_id) => save({ credential_id }))
  const number = (text: string | null) => (text === null || Number.isNaN(Number(text)) ? null : Number(text))
  return (
    <Card title={said.model}>
      <div className="grid gap-5 sm:grid-cols-2">
        <SavedText
          label={said.chatModel}
          hint={said.chatModelHint}
          value={settings.chat_model}
          onSave={(chat_model) => save({ chat_model })}
        />
        <SavedText
          label={said.embeddingModel}
          hint={said.embeddingModelHint}
          value={settings.embedding_model}
          onSave={(embedding_model) => save({ embedding_model })}
        />
        {credentials.data && (
          <SelectField
            label={said.credential}
            value={credentialId ?? ''}
            onChange={(event) => setCredentialId(event.target.value || null)}
          >
            <option value="">{said.credentialDefault}</option>
            {credentials.data.credentials.map(({ id, name, last_four }) => (
              <option key={id} value={id}>
                {name} …{last_four}
              </option>
            ))}
          </SelectField>
        )}
        <SavedText
          label={said.maxTokens}
          inputMode="numeric"
          value={String(settings.max_output_tokens)}
          onSave={(text) => save({ max_output_tokens: number(text) ?? 1_024 })}
        />
        <SavedText
          label={said.temperature}
          hint={said.temperatureHint}
          inputMode="decimal"
          value={settings.temperature === null ? null : String(settings.temperature)}
          onSave={(text) => save({ temperature: number(text) })}
        />
      </div>
    </Card>
  )
}

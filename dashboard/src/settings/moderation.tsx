/** Patterns that block a message, and a way to try them. */

import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { PublishBar } from '../bot/publish-bar.tsx'
import { SavedArea } from '../bot/saved-field.tsx'
import { useDraft } from '../bot/use-draft.ts'
import { messageOf } from '../messages.ts'
import { useChange } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const said = words.bot

export function Moderation() {
  const params = route.useParams()
  const draft = useDraft(params)
  return (
    <Loaded query={draft.query}>
      {({ data: { settings } }) => (
        <div className="grid gap-6">
          <Editable action="editModeration">
            <Card title={said.patterns} about={said.patternsAbout}>
              <div className="grid gap-5">
                <SavedArea
                  label={said.pattern}
                  hint={said.patternHint}
                  rows={6}
                  className="[&_textarea]:font-mono"
                  value={settings.moderation_patterns.join('\n')}
                  onSave={(text) =>
                    void draft.save({
                      moderation_patterns: (text ?? '').split('\n').filter((line) => line.trim() !== ''),
                    })
                  }
                />
                <SavedArea
                  label={said.fallback}
                  rows={2}
                  maxLength={2_000}
                  value={settings.moderation_fallback}
                  onSave={(moderation_fallback) => void draft.save({ moderation_fallback })}
                />
              </div>
            </Card>
            <Tester />
            <PublishBar params={params} draft={draft} />
          </Editable>
        </div>
      )}
    </Loaded>
  )
}

/** Asks with the draft's patterns. */
function Tester() {
  const params = route.useParams()
  const [message, setMessage] = useState('')
  const test = useChange('testModeration', { isQuiet: true })
  return (
    <Card title={said.tester}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          test.mutate({ params, body: { message } })
        }}
      >
        <TextField
          label={said.tester}
          isLabelHidden
          className="min-w-60 grow"
          maxLength={4_000}
          value={message}
          error={test.error ? messageOf(test.error) : undefined}
          onChange={(event) => setMessage(event.target.value)}
        />
        <Button type="submit" isBusy={test.isPending} disabled={message === ''}>
          {said.test}
        </Button>
      </form>
      {test.data && (
        <div aria-live="polite" className="mt-4 grid gap-2">
          <p className="flex items-center gap-3">
            <Badge tone={test.data.is_blocked ? 'bad' : 'good'}>
              {test.data.is_blocked ? said.blocked : said.passes}
            </Badge>
            {test.data.is_blocked && <span className="text-soft">{test.data.fallback}</span>}
          </p>
          <ul className="grid gap-1 text-sm">
            {test.data.patterns.map(({ pattern, matches, problem, ms }) => (
              <li key={pattern} className="flex flex-wrap items-center gap-2">
                <code className="break-all">{pattern}</code>
                {matches && <Badge tone="bad">{said.blocked}</Badge>}
                <span className="text-soft">{problem ?? `${ms.toFixed(2)} ms`}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  )
}

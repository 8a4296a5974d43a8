import { useState } from 'react'
import { callTagged, type Output } from '../api.ts'
import { messageOf } from '../messages.ts'
import { useChange } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Check, TextArea, TextField } from '../ui/field.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { words } from './words.ts'

export type Key = Output<'listKeys'>['keys'][number]

interface KeyDialogProps {
  params: { workspaceId: string; botId: string }
  /** Null makes a new one. */
  edited: Key | null
  /** Of the page that the owner came from. */
  domains?: string[]
  onClose: () => void
  onMade?: (key: Key) => void
}

export function KeyDialog({ params, edited, domains = [], onClose, onMade }: KeyDialogProps) {
  const [name, setName] = useState(edited?.name ?? words.keys.namePlaceholder)
  const [text, setText] = useState((edited?.domains ?? domains).join('\n'))
  const [isOpenToAll, setIsOpenToAll] = useState(edited?.warnings.includes('open_to_any_origin') ?? false)
  const [etag, setEtag] = useState<string | null>(null)
  const done = (key: Key) => {
    if (!edited) say(words.keys.made)
    onMade?.(key)
    onClose()
  }
  const isUnsaved = text !== (edited?.domains ?? domains).join('\n')
  const options = { stale: ['listKeys' as const], isQuiet: true, onDone: done }
  const create = useChange('createKey', options)
  const change = useChange('changeKey', options)
  const error = create.error ?? change.error

  async function save() {
    const listed = text.split(/[\s,]+/).filter((domain) => domain !== '')
    const body = {
      name,
      domains: listed,
      ...(isOpenToAll && listed.length === 0 && { accept_any_origin: true as const }),
    }
    if (!edited) return create.mutate({ params, body })
    const ofKey = { ...params, keyId: edited.id }
    const ifMatch = etag ?? (await callTagged('getKey', { params: ofKey })).etag
    setEtag(ifMatch)
    change.mutate({ params: ofKey, body, ifMatch })
  }

  return (
    <Dialog
      title={edited ? edited.name : words.keys.add}
      about={words.keys.noneAbout}
      isOpen
      isUnsaved={isUnsaved}
      onClose={onClose}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField
          label={words.keys.name}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label={words.keys.domains}
          hint={words.keys.domainsHint}
          placeholder={'example.com\n*.example.com'}
          value={text}
          error={error ? messageOf(error) : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        {text.trim() === '' && (
          <Check
            label={words.keys.anyOrigin}
            hint={words.keys.anyOriginHint}
            checked={isOpenToAll}
            onChange={(event) => setIsOpenToAll(event.target.checked)}
          />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button
            kind="main"
            type="submit"
            isBusy={create.isPending || change.isPending}
            disabled={text.trim() === '' && !isOpenToAll}
          >
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

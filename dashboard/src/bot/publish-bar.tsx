/** Where the draft stands, and the way to make it live. */
import { useState } from 'react'
import { useChange } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Confirm } from '../ui/dialog.tsx'
import { say } from '../ui/toasts.tsx'
import type { BotParams, Saving, useDraft } from './use-draft.ts'
import { words } from './words.ts'

export function PublishBar({ params, draft }: { params: BotParams; draft: ReturnType<typeof useDraft> }) {
  const [isDiscarding, setIsDiscarding] = useState(false)
  const publish = useChange('publishDraft', {
    onDone({ version }) {
      say(words.published(version))
      void draft.refresh()
    },
  })
  const discard = useChange('discardDraft', {
    onDone() {
      setIsDiscarding(false)
      void draft.refresh()
    },
  })
  const found = draft.query.data
  if (!found) return null
  const { changed } = found.data
  const input = { params, ifMatch: found.etag }
  return (
    <div
      className={classes(
        'flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-line bg-raised px-4 py-3',
        (changed.length > 0 || draft.saving !== 'saved') && 'sticky bottom-4 z-10 shadow-float',
      )}
    >
      <p aria-live="polite" className="min-w-0 grow">
        <span className={draft.saving === 'unsaved' ? 'font-medium text-bad' : 'font-medium'}>
          {said(draft.saving)}
        </span>
        <span className="block text-sm text-soft">
          {changed.length > 0 ? words.changed(changed.length) : words.live}
        </span>
      </p>
      {changed.length > 0 && (
        <>
          <Button onClick={() => setIsDiscarding(true)}>{words.discard}</Button>
          <Button
            kind="main"
            isBusy={publish.isPending}
            disabled={draft.saving !== 'saved'}
            onClick={() => publish.mutate(input)}
          >
            {words.publish}
          </Button>
        </>
      )}
      <Confirm
        title={words.discardTitle}
        about={words.discardAbout}
        action={words.discard}
        isOpen={isDiscarding}
        isBusy={discard.isPending}
        onConfirm={() => discard.mutate(input)}
        onClose={() => setIsDiscarding(false)}
      />
    </div>
  )
}

function said(saving: Saving): string {
  return words[saving]
}

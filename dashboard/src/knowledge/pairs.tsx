/** The owner's own answers, which win over everything else. */

import type { SourceAnswer } from '@mevichat/protocol/sources.ts'
import { getRouteApi } from '@tanstack/react-router'
import { MessageCircleQuestion, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useChange } from '../queries.ts'
import { Editable } from '../shell/editable.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { useUndoable } from '../undo.ts'
import { words as common } from '../words.ts'
import { useSources } from './source-list.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge')
const staleSources = ['listSources'] as const
type BotParams = { workspaceId: string; botId: string }

export function Pairs() {
  const params = route.useParams()
  const query = useSources(params)
  const [isAdding, setIsAdding] = useState(false)
  const [editing, setEditing] = useState<SourceAnswer | null>(null)
  const { isHidden, remove } = useUndoable('removeSource', staleSources)
  const add = (
    <Button kind="main" onClick={() => setIsAdding(true)}>
      <Plus aria-hidden />
      {words.pairs.add}
    </Button>
  )
  return (
    <div className="grid gap-4">
      <Editable action="editKnowledge">
        <Loaded query={query}>
          {({ sources }) => {
            const pairs = sources.filter(({ kind, id }) => kind === 'qa' && !isHidden(id))
            if (pairs.length === 0) {
              return (
                <Empty icon={MessageCircleQuestion} title={words.pairs.none} action={add}>
                  {words.pairs.noneAbout}
                </Empty>
              )
            }
            return (
              <>
                <div className="flex flex-wrap items-center justify-between gap-3">
                  <p className="max-w-xl text-soft">{words.pairs.about}</p>
                  {add}
                </div>
                <ul className="divide-y divide-line rounded-xl border border-line">
                  {pairs.map((pair) => (
                    <li key={pair.id} className="flex items-center gap-3 px-4 py-3">
                      <span className="min-w-0 grow">
                        <span className="block font-medium">{pair.title}</span>
                        <span className="line-clamp-2 text-sm text-soft">{pair.answer}</span>
                      </span>
                      <Button
                        kind="quiet"
                        size="icon"
                        aria-label={`${words.pairs.edit}: ${pair.title}`}
                        onClick={() => setEditing(pair)}
                      >
                        <Pencil aria-hidden />
                      </Button>
                      <Button
                        kind="quiet"
                        size="icon"
                        aria-label={`${words.actions.remove}: ${pair.title}`}
                        onClick={() =>
                          remove(pair.id, { params: { ...params, sourceId: pair.id } }, words.pairs.removed)
                        }
                      >
                        <Trash2 aria-hidden />
                      </Button>
                    </li>
                  ))}
                </ul>
              </>
            )
          }}
        </Loaded>
      </Editable>
      {isAdding && <PairDialog params={params} onClose={() => setIsAdding(false)} />}
      {editing && (
        <PairDialog
          params={params}
          question={editing.title ?? ''}
          answer={editing.answer ?? ''}
          url={editing.url ?? ''}
          isKnown
          onClose={() => setEditing(null)}
        />
      )}
    </div>
  )
}

/** It takes a second as a rule. */
const readMs = 2_500

/** `question` is what a visitor asked where an answer is put right. */
export function PairDialog({
  params,
  question: asked = '',
  answer: given = '',
  url: link = '',
  isKnown = false,
  onClose,
  onRead,
}: {
  params: BotParams
  question?: string
  answer?: string
  url?: string
  /** Its question stays, as it is found again by it. */
  isKnown?: boolean
  onClose: () => void
  /** Called when the bot answers so: a pair is read in the background. */
  onRead?: () => void
}) {
  const [question, setQuestion] = useState(asked)
  const [answer, setAnswer] = useState(given)
  const [url, setUrl] = useState(link)
  const isUnsaved = question !== asked || answer !== given || url !== link
  const add = useChange('addSource', {
    stale: ['listSources'],
    onDone() {
      say(words.pairs.saved)
      if (onRead) setTimeout(onRead, readMs)
      onClose()
    },
  })
  return (
    <Dialog
      title={isKnown ? words.pairs.edit : words.pairs.add}
      about={words.pairs.about}
      isOpen
      isUnsaved={isUnsaved}
      onClose={onClose}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate({ params, body: { kind: 'qa', question, answer, ...(url && { url }) } })
        }}
      >
        <TextField
          label={words.pairs.question}
          required
          readOnly={isKnown}
          maxLength={1_000}
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
        />
        <TextArea
          label={words.pairs.answer}
          required
          maxLength={20_000}
          rows={6}
          value={answer}
          onChange={(event) => setAnswer(event.target.value)}
        />
        <TextField label={words.pairs.url} type="url" value={url} onChange={(event) => setUrl(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="main" type="submit" isBusy={add.isPending} disabled={!question.trim() || !answer.trim()}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** The owner's own answers, which win over everything else. */
import type { SourceAnswer } from '@mevichat/protocol/sources.ts'
import { getRouteApi } from '@tanstack/react-router'
import { MessageCircleQuestion, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useChange } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { useSources } from './source-list.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge')
type BotParams = { workspaceId: string; botId: string }

export function Pairs() {
  const params = route.useParams()
  const query = useSources(params)
  const [isAdding, setIsAdding] = useState(false)
  const [removing, setRemoving] = useState<SourceAnswer | null>(null)
  const remove = useChange('removeSource', { stale: ['listSources'], onDone: () => setRemoving(null) })
  const add = (
    <Button kind="main" onClick={() => setIsAdding(true)}>
      <Plus aria-hidden />
      {words.pairs.add}
    </Button>
  )
  return (
    <div className="grid gap-4">
      <Loaded query={query}>
        {({ sources }) => {
          const pairs = sources.filter(({ kind }) => kind === 'qa')
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
                    <span className="min-w-0 grow font-medium">{pair.title}</span>
                    <Button
                      kind="quiet"
                      size="icon"
                      aria-label={`${words.actions.remove}: ${pair.title}`}
                      onClick={() => setRemoving(pair)}
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
      {isAdding && <PairDialog params={params} onClose={() => setIsAdding(false)} />}
      <Confirm
        title={words.pairs.remove}
        about={removing?.title}
        action={words.actions.remove}
        isOpen={removing !== null}
        isBusy={remove.isPending}
        onConfirm={() => removing && remove.mutate({ params: { ...params, sourceId: removing.id } })}
        onClose={() => setRemoving(null)}
      />
    </div>
  )
}

/** `question` is what a visitor asked where an answer is put right. */
export function PairDialog({
  params,
  question: asked = '',
  answer: given = '',
  onClose,
  onSaved,
}: {
  params: BotParams
  question?: string
  answer?: string
  onClose: () => void
  onSaved?: () => void
}) {
  const [question, setQuestion] = useState(asked)
  const [answer, setAnswer] = useState(given)
  const [url, setUrl] = useState('')
  const add = useChange('addSource', {
    stale: ['listSources'],
    onDone() {
      say(words.pairs.saved)
      onSaved?.()
      onClose()
    },
  })
  return (
    <Dialog title={words.pairs.add} about={words.pairs.about} isOpen onClose={onClose}>
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

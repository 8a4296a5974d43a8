/** Pages usable as they come, questions from the owner's own content, and what comes next. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowRight, LoaderCircle, Pencil } from 'lucide-react'
import { useState } from 'react'
import { Citations, withoutNumbers } from '../conversations/citations.tsx'
import { showNumber } from '../dates.ts'
import { PairDialog } from '../knowledge/pairs.tsx'
import { useRead } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Loaded, Skeleton } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { type Answer, useAnswer } from './use-answer.ts'
import { words as start } from './words.ts'

const words = start.welcome
const route = getRouteApi('/$workspaceId/$botId/welcome')

export function Welcome() {
  const params = route.useParams()
  const bot = useRead('getBot', { params })
  const { answer, ask } = useAnswer(params)
  const found = useRead('listSources', { params }, { refetchMs: 1_500 })
  const sources = found.data?.sources ?? []
  const count = (...states: ('indexed' | 'unchanged' | 'queued' | 'fetched')[]) =>
    sources.reduce((sum, { pages }) => sum + states.reduce((one, state) => one + pages[state], 0), 0)
  const [answering, waiting] = [count('indexed', 'unchanged'), count('queued', 'fetched')]
  const isReading = sources.some(({ state }) => state === 'queued' || state === 'running')
  const hasFailed = !isReading && answering === 0 && sources.length > 0
  const suggested = useRead(
    'suggestQuestions',
    { params },
    { isEnabled: answering > 0, refetchMs: isReading ? 4_000 : false },
  )
  const name = bot.data?.name ?? words.yourBot
  return (
    <div className="mx-auto grid max-w-2xl gap-6 px-4 py-10 sm:py-14">
      <header>
        <h1 className="text-3xl font-semibold tracking-tight">
          {answering === 0 || isReading ? words.title(name) : words.ready(name)}
        </h1>
        <p aria-live="polite" className="mt-2 flex items-center gap-2 text-lg text-soft">
          {isReading && <LoaderCircle className="size-5 animate-spin text-accent" aria-hidden />}
          {found.data &&
            (hasFailed ? words.failed : answering === 0 ? words.waiting : words.count(showNumber(answering)))}
          {waiting > 0 && ` · ${words.more(showNumber(waiting))}`}
        </p>
        {hasFailed && (
          <Button asChild className="mt-3">
            <Link to="/$workspaceId/$botId/knowledge" params={params}>
              {words.see}
            </Link>
          </Button>
        )}
      </header>
      <Loaded query={found}>{() => null}</Loaded>
      {answering > 0 && (
        <Card title={words.ask} about={words.askAbout}>
          <div className="grid gap-4">
            {suggested.isPending && <Skeleton rows={1} />}
            {suggested.error && !suggested.data && (
              <p role="alert" className="flex flex-wrap items-center gap-3 text-soft">
                {words.noSuggestions}
                <Button size="small" isBusy={suggested.isFetching} onClick={() => void suggested.refetch()}>
                  {common.retry}
                </Button>
              </p>
            )}
            <ul className="flex flex-wrap gap-2 empty:hidden">
              {suggested.data?.questions.map((question) => (
                <li key={question}>
                  <Button
                    size="small"
                    className="h-auto min-h-8 py-1 text-left whitespace-normal"
                    onClick={() => void ask(question)}
                  >
                    {question}
                  </Button>
                </li>
              ))}
            </ul>
            <OwnQuestion onAsk={(question) => void ask(question)} />
            {answer && <Said params={params} answer={answer} onAgain={() => void ask(answer.question)} />}
          </div>
        </Card>
      )}
      <div className="flex flex-wrap gap-2">
        <Button asChild kind="main">
          <Link to="/$workspaceId/$botId/widget/install" params={params}>
            {words.next}
            <ArrowRight aria-hidden />
          </Link>
        </Button>
        <Button asChild>
          <Link to="/$workspaceId/$botId/home" params={params}>
            {words.done}
          </Link>
        </Button>
      </div>
    </div>
  )
}

function OwnQuestion({ onAsk }: { onAsk: (question: string) => void }) {
  const [question, setQuestion] = useState('')
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onAsk(question.trim())
      }}
    >
      <TextField
        label={words.question}
        className="grow"
        maxLength={4_000}
        value={question}
        onChange={(event) => setQuestion(event.target.value)}
      />
      <Button type="submit" disabled={question.trim() === ''}>
        {words.send}
      </Button>
    </form>
  )
}

function Said({
  params,
  answer: { question, text, citations, state },
  onAgain,
}: {
  params: { workspaceId: string; botId: string }
  answer: Answer
  onAgain: () => void
}) {
  const [isCorrecting, setIsCorrecting] = useState(false)
  return (
    <section aria-live="polite" className="rounded-xl bg-raised p-4">
      <p className="font-medium">{question}</p>
      <p className="mt-2 whitespace-pre-wrap">
        {state === 'waiting' ? words.thinking : text || (state === 'failed' ? words.failedAnswer : '')}
      </p>
      <Citations citations={citations} />
      {(state === 'done' || state === 'failed') && (
        <Button size="small" className="mt-3" onClick={() => setIsCorrecting(true)}>
          <Pencil aria-hidden />
          {words.wrong}
        </Button>
      )}
      {isCorrecting && (
        <PairDialog
          params={params}
          question={question}
          answer={withoutNumbers(text)}
          onClose={() => setIsCorrecting(false)}
          onRead={() => {
            say(words.corrected)
            onAgain()
          }}
        />
      )}
    </section>
  )
}

/** A question and its answer, with what it cites and why it is what it is. */

import { Pencil, ThumbsDown, ThumbsUp } from 'lucide-react'
import { useState } from 'react'
import type { Output } from '../api.ts'
import { showMoment, showNumber } from '../dates.ts'
import { PairDialog } from '../knowledge/pairs.tsx'
import { Scores, Verdict } from '../knowledge/verdict.tsx'
import { words as knowledge } from '../knowledge/words.ts'
import { useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Loaded } from '../ui/states.tsx'
import { Citations, withoutNumbers } from './citations.tsx'
import { CostOf } from './cost.tsx'
import { words } from './words.ts'

type Turn = Output<'getConversation'>['messages'][number]

interface TurnViewProps {
  params: { workspaceId: string; botId: string; sessionId: string }
  turn: Turn
  /** Whether it is shown at once why the answer is what it is. */
  isOpen?: boolean
  /** The answer was put right, and the bot gives it. */
  onFixed?: () => void
}

export function TurnView({ params, turn, isOpen = false, onFixed }: TurnViewProps) {
  const [isCorrecting, setIsCorrecting] = useState(false)
  const mayCorrect = useMay()('editKnowledge')
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="max-w-[85%] justify-self-end rounded-2xl rounded-br-sm bg-tint px-4 py-2.5">
        <p className="whitespace-pre-wrap">{turn.question}</p>
        <p className="mt-1 text-right text-xs text-soft">
          <time dateTime={turn.created_at}>{showMoment(turn.created_at)}</time>
        </p>
      </div>
      <div className="max-w-[85%] rounded-2xl rounded-bl-sm border border-line px-4 py-3">
        <p className="whitespace-pre-wrap">{turn.answer || turn.error?.message || words.writing}</p>
        <Citations citations={turn.citations} />
        <p className="mt-3 flex flex-wrap items-center gap-2">
          {turn.unanswered ? <Badge tone="warn">{words.unanswered}</Badge> : <Ending turn={turn} />}
          {turn.rating === 1 && (
            <Badge tone="good">
              <ThumbsUp className="size-3" aria-hidden /> {words.helpful}
            </Badge>
          )}
          {turn.rating === -1 && (
            <Badge tone="bad">
              <ThumbsDown className="size-3" aria-hidden /> {words.notHelpful}
            </Badge>
          )}
        </p>
      </div>
      <div className="flex flex-wrap items-start gap-2">
        {turn.trace && <Why params={params} turn={turn} trace={turn.trace} isOpen={isOpen} />}
        <Button size="small" disabled={!mayCorrect} onClick={() => setIsCorrecting(true)}>
          <Pencil aria-hidden />
          {words.correct}
        </Button>
      </div>
      {isCorrecting && (
        <PairDialog
          params={params}
          question={turn.question}
          answer={turn.unanswered ? '' : withoutNumbers(turn.answer)}
          onClose={() => setIsCorrecting(false)}
          {...(onFixed && { onRead: onFixed })}
        />
      )}
    </li>
  )
}

function Ending({ turn: { finish_reason } }: { turn: Turn }) {
  if (finish_reason === null) return <Badge tone="accent">{words.writing}</Badge>
  const tone = finish_reason === 'stop' ? 'plain' : finish_reason === 'error' ? 'bad' : 'warn'
  return <Badge tone={tone}>{words.endings[finish_reason]}</Badge>
}

interface WhyProps {
  params: TurnViewProps['params']
  turn: Turn
  trace: NonNullable<Turn['trace']>
  isOpen: boolean
}

function Why({ params, turn, trace, isOpen }: WhyProps) {
  const [isAsked, setIsAsked] = useState(false)
  return (
    <details open={isOpen} className="min-w-0 grow rounded-xl border border-line px-4 py-2">
      <summary className="text-sm font-medium">{words.why}</summary>
      <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-3 text-sm">
        <Verdict verdict={trace.verdict} thresholds={trace.thresholds} />
        <p className="text-soft">
          {turn.key ? `${words.key}: ${turn.key.name}` : words.playground} ·{' '}
          {trace.model ? words.model(trace.model) : words.noModel}
          {trace.usage &&
            ` · ${words.tokens(showNumber(trace.usage.input_tokens), showNumber(trace.usage.output_tokens))}`}
          {trace.model && (
            <>
              {' · '}
              <CostOf cost={trace.cost} model={trace.model} />
            </>
          )}{' '}
          · {words.times(showNumber(trace.search_ms), showNumber(trace.first_text_ms ?? trace.search_ms))}
        </p>
        <ol className="grid gap-2">
          {trace.candidates.map((candidate) => (
            <li key={candidate.passage_id} className="rounded-lg bg-raised px-3 py-2">
              <p className="flex flex-wrap items-center gap-2">
                <span className="min-w-0 truncate font-medium">{candidate.title ?? knowledge.search.nothing}</span>
                <Badge tone={candidate.number !== null && trace.model ? 'good' : 'plain'}>
                  {candidate.number === null
                    ? knowledge.search.leftOut[candidate.left_out ?? 'rank']
                    : trace.model
                      ? words.given(candidate.number)
                      : words.notGiven}
                </Badge>
              </p>
              <Scores {...candidate} />
              {candidate.excerpt && <p className="mt-1 line-clamp-2 text-soft">{candidate.excerpt}</p>}
            </li>
          ))}
        </ol>
        {trace.model && (
          <details onToggle={() => setIsAsked(true)}>
            <summary>{words.prompt}</summary>
            {isAsked && <Prompt params={{ ...params, message: String(turn.message_id) }} />}
          </details>
        )}
      </div>
    </details>
  )
}

/** What the model was told. */
function Prompt({ params }: { params: TurnViewProps['params'] & { message: string } }) {
  const query = useRead('getPrompt', { params })
  return (
    <Loaded query={query} rows={3}>
      {({ system, messages, missing_passages }) => (
        <div className="mt-2 grid gap-2">
          <p className="text-soft">{words.promptAbout}</p>
          {missing_passages > 0 && <p className="text-warn">{words.promptMissing(missing_passages)}</p>}
          {[{ role: 'system', content: system }, ...messages].map(({ role, content }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: their order is what they are
            <div key={at} className="rounded-lg bg-raised px-3 py-2">
              <p className="text-xs font-medium text-soft">{role}</p>
              <p className="whitespace-pre-wrap">{content}</p>
            </div>
          ))}
        </div>
      )}
    </Loaded>
  )
}

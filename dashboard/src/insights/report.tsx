/** The figures of a time. Each leads to the conversations behind it. */
import type { Insights as Figures } from '@mevichat/protocol/insights.ts'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import type { Filter } from '../conversations/filter.ts'
import { showMoney, showNumber } from '../dates.ts'
import { PriceLink } from '../settings/price-link.tsx'
import { SelectField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Skeleton } from '../ui/states.tsx'
import { allNumbers, NumberTiles } from './number-tiles.tsx'
import { type Measure, measures } from './range.ts'
import { words } from './words.ts'

const DayChart = lazy(() => import('./day-chart.tsx'))
const route = getRouteApi('/$workspaceId/$botId/insights')

type BotParams = { workspaceId: string; botId: string }

interface ReportProps {
  figures: Figures
  params: BotParams
  /** First and last. */
  days: { from: string; to: string }
}

export function Report({ figures, params, days }: ReportProps) {
  const { total, before, latency } = figures
  const to = (filter: Filter, text: ReactNode) => (
    <Link
      to="/$workspaceId/$botId/conversations"
      params={params}
      search={{ ...days, ...filter }}
      className="hover:underline"
    >
      {text}
    </Link>
  )
  const slower = (ms: number | null, text: string) => (ms === null ? text : to({ slower: ms }, text))
  return (
    <>
      <NumberTiles total={total} before={before} params={params} days={days} numbers={allNumbers} hasCost />
      <Days figures={figures} params={params} />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Card title={words.unansweredQuestions} about={words.unansweredAbout}>
          <Questions params={params} questions={figures.unanswered_questions} to={to} />
        </Card>
        <Card title={words.topQuestions}>
          <Questions params={params} questions={figures.top_questions} to={to} />
        </Card>
        <Card title={words.topics} about={words.topicsAbout}>
          <Rows
            rows={figures.topics.map(({ name, questions, unanswered, asked }) => ({
              key: name,
              text: (
                <details>
                  <summary>{name}</summary>
                  <ul className="mt-2 grid gap-1 pl-4 text-sm">
                    {asked.map(({ question, session_id }, at) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: a question may be asked twice in a conversation
                      <li key={at}>{toConversation(params, session_id, question)}</li>
                    ))}
                    {asked.length < questions && (
                      <li className="text-soft">{words.newest(showNumber(asked.length), showNumber(questions))}</li>
                    )}
                  </ul>
                </details>
              ),
              value: showNumber(questions),
              note: unanswered > 0 && `${words.unanswered}: ${showNumber(unanswered)}`,
            }))}
          />
        </Card>
        <Card title={words.cited}>
          <Rows
            rows={figures.cited.map(({ title, url, times }) => ({
              key: `${title}${url}`,
              text: to({ cited: url ?? title }, title),
              note: url?.replace(/^https?:\/\//, ''),
              value: words.times(showNumber(times)),
            }))}
          />
        </Card>
        <Card title={words.neverCited(showNumber(figures.never_cited_count))} about={words.neverCitedAbout}>
          <Rows
            rows={figures.never_cited.map(({ title, url, source_id: sourceId, page_id }) => ({
              key: page_id,
              text: (
                <Link
                  to="/$workspaceId/$botId/knowledge/$sourceId"
                  params={{ ...params, sourceId }}
                  search={{ page: page_id }}
                  className="hover:underline"
                >
                  {title || url}
                </Link>
              ),
              note: url?.replace(/^https?:\/\//, ''),
            }))}
          />
        </Card>
        <div className="grid gap-6">
          <Card title={words.speed} about={words.speedAbout}>
            <Rows
              rows={[
                {
                  key: 'p50',
                  text: slower(latency.first_text_p50, words.firstText),
                  value: milliseconds(latency.first_text_p50),
                },
                {
                  key: 'p95',
                  text: slower(latency.first_text_p95, words.firstText95),
                  value: milliseconds(latency.first_text_p95),
                },
                { key: 'search', text: to({}, words.search), value: milliseconds(latency.search_p50) },
              ]}
            />
          </Card>
          <Card title={words.tokensAndCost} about={words.costAbout}>
            <Models figures={figures} to={to} />
          </Card>
        </div>
      </div>
    </>
  )
}

function Days({ figures, params }: Pick<ReportProps, 'figures' | 'params'>) {
  const { show = 'messages' } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/insights' })
  return (
    <Card
      title={words.chart}
      about={words.chartAbout}
      actions={
        <SelectField
          label={words.measure}
          isLabelHidden
          className="w-56"
          value={show}
          onChange={({ target: { value } }) => {
            void navigate({ search: (before) => ({ ...before, show: value as Measure }), resetScroll: false })
          }}
        >
          {measures.map((measure) => (
            <option key={measure} value={measure}>
              {words.measures[measure]}
            </option>
          ))}
        </SelectField>
      }
    >
      <Suspense fallback={<Skeleton rows={3} />}>
        <DayChart days={figures.days} measure={show} params={params} />
      </Suspense>
    </Card>
  )
}

type ToConversations = (filter: Filter, text: ReactNode) => ReactNode

function Models({ figures: { models, total }, to }: { figures: Figures; to: ToConversations }) {
  if (models.length === 0) return <p className="text-soft">{words.noModel}</p>
  const tokens = ({ input_tokens, output_tokens }: { input_tokens: number; output_tokens: number }) =>
    words.tokens(showNumber(input_tokens), showNumber(output_tokens))
  return (
    <Rows
      rows={[
        ...models.map((one) => ({
          key: one.model,
          text: to({ model: one.model }, one.model),
          note: [
            words.answers(showNumber(one.answers)),
            tokens(one),
            one.cost.money && one.without_cost > 0 && words.withoutCost(one.without_cost),
          ]
            .filter(Boolean)
            .join(' · '),
          value: one.cost.money ? (
            showMoney(one.cost.money)
          ) : one.cost.state === 'no_price' ? (
            <>
              <span className="block font-normal text-soft">{words.noPrice}</span>
              <PriceLink model={one.model} />
            </>
          ) : (
            <span className="font-normal text-soft">{one.cost.state === 'free' ? words.free : words.noTokens}</span>
          ),
        })),
        ...(models.length > 1
          ? [
              {
                key: 'all',
                text: to({}, words.allModels),
                note: [tokens(total), total.without_cost > 0 && words.withoutCost(total.without_cost)]
                  .filter(Boolean)
                  .join(' · '),
                value: total.costs.map((cost) => (
                  <span key={cost.currency} className="block">
                    {showMoney(cost)}
                  </span>
                )),
              },
            ]
          : []),
      ]}
    />
  )
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${showNumber(value)} ms`
}

interface QuestionsProps {
  params: BotParams
  questions: Figures['top_questions']
  to: ToConversations
}

/** The question leads to where it was asked last, how often it was to all that say it in these words. */
function Questions({ params, questions, to }: QuestionsProps) {
  return (
    <Rows
      rows={questions.map(({ question, times, session_id }) => ({
        key: session_id + question,
        text: toConversation(params, session_id, question),
        value: times === 1 ? words.times('1') : to({ q: quoted(question) }, words.times(showNumber(times))),
      }))}
    />
  )
}

/** As the search of conversations takes a phrase; it takes 200 characters. */
function quoted(question: string): string {
  const text = question.replaceAll('"', ' ').replace(/\s+/g, ' ')
  return `"${text.length > 198 ? text.slice(0, 198).replace(/\s\S*$/, '') : text}"`
}

function toConversation(params: BotParams, sessionId: string, text: string): ReactNode {
  return (
    <Link
      to="/$workspaceId/$botId/conversations/$sessionId"
      params={{ ...params, sessionId }}
      className="hover:underline"
    >
      {text}
    </Link>
  )
}

interface Row {
  key: string
  text: ReactNode
  value?: ReactNode
  note?: string | false | undefined
}

function Rows({ rows }: { rows: Row[] }) {
  if (rows.length === 0) return <p className="text-soft">–</p>
  return (
    <ul className="-my-2 divide-y divide-line">
      {rows.map(({ key, text, value, note }) => (
        <li key={key} className="flex items-baseline gap-4 py-2">
          <div className="min-w-0 grow">
            {text}
            {note && <span className="block text-xs text-soft">{note}</span>}
          </div>
          {value && <div className="shrink-0 text-right font-medium tabular-nums">{value}</div>}
        </li>
      ))}
    </ul>
  )
}

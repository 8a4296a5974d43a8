/** How the bot does. */
import type { Insights as Figures } from '@mevichat/protocol/insights.ts'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChartColumn } from 'lucide-react'
import { lazy, type ReactNode, Suspense } from 'react'
import { showNumber } from '../dates.ts'
import { useRead } from '../queries.ts'
import { SelectField } from '../ui/field.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Empty, Loaded, Skeleton } from '../ui/states.tsx'
import { NumberTiles } from './number-tiles.tsx'
import { dayOf, rangeDays, rangeOf } from './range.ts'
import { words } from './words.ts'

const DayChart = lazy(() => import('./day-chart.tsx'))
const route = getRouteApi('/$workspaceId/$botId/insights')

export function Insights() {
  const params = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/insights' })
  const range = rangeOf(search)
  const query = useRead('getInsights', { params, query: range })
  return (
    <Page
      isWide
      title={words.title}
      about={words.about}
      actions={
        <SelectField
          label={words.range}
          isLabelHidden
          className="w-40"
          value={search.days ?? '30'}
          onChange={(event) => void navigate({ search: { days: event.target.value } })}
        >
          {rangeDays.map((days) => (
            <option key={days} value={days}>
              {words.ranges[days]}
            </option>
          ))}
        </SelectField>
      }
    >
      <Loaded query={query} rows={8}>
        {(figures) =>
          figures.total.messages + figures.before.messages === 0 ? (
            <Empty icon={ChartColumn} title={words.none}>
              {words.noneAbout}
            </Empty>
          ) : (
            <Report figures={figures} params={params} range={range} />
          )
        }
      </Loaded>
    </Page>
  )
}

type BotParams = { workspaceId: string; botId: string }

function Report({
  figures,
  params,
  range,
}: {
  figures: Figures
  params: BotParams
  range: { from: string; to: string }
}) {
  const { total, before, latency } = figures
  const days = { from: dayOf(range.from), to: dayOf(new Date(Date.parse(range.to) - 1).toISOString()) }
  const link = { to: '/$workspaceId/$botId/conversations', params } as const
  const which: Partial<Record<string, 'unanswered' | 'helpful'>> = { unanswered: 'unanswered', helpful: 'helpful' }
  return (
    <>
      <NumberTiles
        total={total}
        before={before}
        linkOf={(name) => ({ ...link, search: { ...days, ...(which[name] && { which: which[name] }) } })}
      />
      <Card title={words.chart} about={words.chartAbout}>
        <Suspense fallback={<Skeleton rows={3} />}>
          <DayChart days={figures.days} />
        </Suspense>
      </Card>
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Card title={words.unansweredQuestions} about={words.unansweredAbout}>
          <Questions params={params} questions={figures.unanswered_questions} />
        </Card>
        <Card title={words.topQuestions}>
          <Questions params={params} questions={figures.top_questions} />
        </Card>
        <Card title={words.topics} about={words.topicsAbout}>
          <Rows
            rows={figures.topics.map(({ name, questions, unanswered }) => ({
              key: name,
              text: (
                <Link {...link} search={{ ...days, q: name }} className="hover:underline">
                  {name}
                </Link>
              ),
              value: showNumber(questions),
              note: unanswered > 0 ? `${words.unanswered}: ${showNumber(unanswered)}` : undefined,
            }))}
          />
        </Card>
        <Card title={words.cited}>
          <Rows
            rows={figures.cited.map(({ title, url, times }) => ({
              key: `${title}${url}`,
              text: title,
              note: url?.replace(/^https?:\/\//, ''),
              value: words.times(showNumber(times)),
            }))}
          />
        </Card>
        <Card title={words.neverCited(showNumber(figures.never_cited_count))} about={words.neverCitedAbout}>
          <Rows
            rows={figures.never_cited.map(({ title, url }) => ({
              key: `${title}${url}`,
              text: title || url,
              note: url?.replace(/^https?:\/\//, ''),
            }))}
          />
        </Card>
        <Card title={words.speed}>
          <Rows
            rows={[
              { key: 'p50', text: words.firstText, value: milliseconds(latency.first_text_p50) },
              { key: 'p95', text: words.firstText95, value: milliseconds(latency.first_text_p95) },
              { key: 'search', text: words.search, value: milliseconds(latency.search_p50) },
              {
                key: 'tokens',
                text: words.tokens,
                value: `${showNumber(total.input_tokens)} / ${showNumber(total.output_tokens)}`,
              },
              ...figures.models.map(({ model, answers, input_tokens, output_tokens }) => ({
                key: model,
                text: model,
                note: `${words.answers}: ${showNumber(answers)}`,
                value: `${showNumber(input_tokens)} / ${showNumber(output_tokens)}`,
              })),
            ]}
          />
        </Card>
      </div>
    </>
  )
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${showNumber(value)} ms`
}

function Questions({ params, questions }: { params: BotParams; questions: Figures['top_questions'] }) {
  return (
    <Rows
      rows={questions.map(({ question, times, session_id }) => ({
        key: session_id + question,
        text: (
          <Link
            to="/$workspaceId/$botId/conversations/$sessionId"
            params={{ ...params, sessionId: session_id }}
            className="hover:underline"
          >
            {question}
          </Link>
        ),
        value: words.times(showNumber(times)),
      }))}
    />
  )
}

interface Row {
  key: string
  text: ReactNode
  value?: string | undefined
  note?: string | undefined
}

function Rows({ rows }: { rows: Row[] }) {
  if (rows.length === 0) return <p className="text-soft">–</p>
  return (
    <ul className="-my-2 divide-y divide-line">
      {rows.map(({ key, text, value, note }) => (
        <li key={key} className="flex items-baseline gap-4 py-2">
          <span className="min-w-0 grow break-words">
            {text}
            {note && <span className="block truncate text-xs text-soft">{note}</span>}
          </span>
          {value && <span className="shrink-0 font-medium tabular-nums">{value}</span>}
        </li>
      ))}
    </ul>
  )
}

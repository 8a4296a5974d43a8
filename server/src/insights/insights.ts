/** Insights owns the figures of a bot: what was asked, what was answered, and from what. */
import type { Insights } from '@mevichat/protocol/insights.ts'
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { costOf, type Price, pricesByModel, sumOf } from '../prices/prices.ts'
import { topicsOf } from './topics.ts'

export interface Range {
  from: Date
  /** Not included. */
  to: Date
  /** IANA. */
  timeZone: string
}

/** Of turns, as the database counts them. */
type Counts = Omit<Insights['total'], 'costs' | 'without_cost'>

const maxDays = 366
const dayMs = 86_400_000
const listed = 20
/** Of so many questions, the newest, topics are made. */
const maxQuestions = 2_000

/** Throws `invalid_request`, in words, for a range that ends before it begins or is too long, and for an unknown time zone. */
export async function insightsOf(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  range: Range,
): Promise<Insights> {
  checkRange(range)
  const { from, to } = range
  const lengthMs = to.getTime() - from.getTime()
  const inRange = turnsIn(workspaceId, botId, from, to)
  const earlier = turnsIn(workspaceId, botId, new Date(from.getTime() - lengthMs), from)
  // One after the other: visitors ask over the same connections.
  const prices = await pricesByModel({ db }, workspaceId)
  const spent = await countTokens(db, inRange, range)
  const spentBefore = await countTokens(db, earlier, range)
  const days = await countByDay(db, inRange, range)
  const total = await count(db, inRange)
  const before = await count(db, earlier)
  const latency = await measure(db, inRange)
  const asked = await listQuestions(db, inRange)
  const cited = await listCited(db, inRange)
  const neverCited = await listNeverCited(db, workspaceId, botId, inRange)
  return {
    days: days.map((day) => ({
      ...day,
      ...costsOf(
        prices,
        spent.filter((one) => one.day === day.day),
      ),
    })),
    total: { ...total, ...costsOf(prices, spent) },
    before: { ...before, ...costsOf(prices, spentBefore) },
    latency,
    models: byModel(prices, spent).slice(0, listed),
    top_questions: mostAsked(asked),
    unanswered_questions: mostAsked(asked.filter(({ isUnanswered }) => isUnanswered)),
    topics: topicsOf(asked),
    cited,
    never_cited: neverCited.slice(0, listed),
    never_cited_count: neverCited.length,
  }
}

function checkRange({ from, to, timeZone }: Range): void {
  if (to <= from) throw fail('invalid_request', { detail: 'to: must be later than from' })
  if (to.getTime() - from.getTime() > maxDays * dayMs)
    throw fail('invalid_request', { detail: `to: the range has more than ${maxDays} days` })
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw fail('invalid_request', { cause, detail: 'time_zone: is not one, such as Europe/Vienna' })
  }
}

function turnsIn(workspaceId: WorkspaceId, botId: BotId, from: Date, to: Date): SQL {
  return sql`turns t where t.workspace_id = ${workspaceId} and t.bot_id = ${botId}
    and t.created_at >= ${from.toISOString()}::timestamptz and t.created_at < ${to.toISOString()}::timestamptz`
}

const isUnknown = sql`coalesce(t.trace ->> 'isUnknown' = 'true', false)`
const tokensOf = (kind: 'inputTokens' | 'outputTokens') =>
  sql`coalesce(sum((t.trace -> 'usage' ->> ${sql.raw(`'${kind}'`)})::float8), 0)`

const countColumns = sql`
  count(distinct t.session_id)::int as conversations,
  count(*)::int as messages,
  count(*) filter (where t.finish_reason in ('stop', 'length') and not ${isUnknown})::int as answered,
  count(*) filter (where ${isUnknown})::int as unanswered,
  count(*) filter (where t.finish_reason in ('error', 'incomplete'))::int as failed,
  count(*) filter (where t.rating = 1)::int as helpful,
  count(*) filter (where t.rating = -1)::int as not_helpful,
  ${tokensOf('inputTokens')} as input_tokens,
  ${tokensOf('outputTokens')} as output_tokens`

async function count(db: Db, inRange: SQL): Promise<Counts> {
  const { rows } = await db.execute<Counts & Record<string, unknown>>(sql`select ${countColumns} from ${inRange}`)
  const [row] = rows
  if (!row) throw new Error('a count has one row')
  return row
}

const nothing: Counts = {
  conversations: 0,
  messages: 0,
  answered: 0,
  unanswered: 0,
  failed: 0,
  helpful: 0,
  not_helpful: 0,
  input_tokens: 0,
  output_tokens: 0,
}

async function countByDay(db: Db, inRange: SQL, { from, to, timeZone }: Range): Promise<(Counts & { day: string })[]> {
  const { rows } = await db.execute<Counts & { day: string }>(sql`
    select to_char(t.created_at at time zone ${timeZone}, 'YYYY-MM-DD') as day, ${countColumns}
    from ${inRange} group by 1`)
  const found = new Map(rows.map((row) => [row.day, row]))
  const name = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const days = new Set<string>()
  // Steps of half a day meet each day also where one has 23 hours.
  for (let at = from.getTime(); at < to.getTime(); at += dayMs / 2) days.add(name.format(at))
  days.add(name.format(to.getTime() - 1))
  return [...days].map((day) => ({ ...nothing, ...found.get(day), day }))
}

async function measure(db: Db, inRange: SQL): Promise<Insights['latency']> {
  const percentile = (share: number, field: 'firstTextMs' | 'searchMs') =>
    sql`percentile_cont(${sql.raw(String(share))}) within group (order by (t.trace ->> ${sql.raw(`'${field}'`)})::float8)::int`
  const { rows } = await db.execute<Insights['latency'] & Record<string, unknown>>(sql`
    select ${percentile(0.5, 'firstTextMs')} as first_text_p50, ${percentile(0.95, 'firstTextMs')} as first_text_p95,
      ${percentile(0.5, 'searchMs')} as search_p50
    from ${inRange}`)
  return rows[0] ?? { first_text_p50: null, first_text_p95: null, search_p50: null }
}

interface Spent {
  day: string
  /** As `provider:name`. */
  model: string
  answers: number
  /** Answers of which the provider told no tokens. */
  unmeasured: number
  input_tokens: number
  output_tokens: number
}

async function countTokens(db: Db, inRange: SQL, { timeZone }: Range): Promise<Spent[]> {
  const { rows } = await db.execute<Spent & Record<string, unknown>>(sql`
    select to_char(t.created_at at time zone ${timeZone}, 'YYYY-MM-DD') as day, t.trace ->> 'model' as model,
      count(*)::int as answers, count(*) filter (where t.trace -> 'usage' ->> 'inputTokens' is null)::int as unmeasured,
      ${tokensOf('inputTokens')} as input_tokens, ${tokensOf('outputTokens')} as output_tokens
    from ${inRange} and t.ended_at is not null and t.trace ->> 'model' is not null group by 1, 2`)
  return rows
}

function costsOf(prices: ReadonlyMap<string, Price>, spent: readonly Spent[]) {
  const models = byModel(prices, spent)
  return {
    costs: sumOf(models.flatMap(({ cost }) => cost.money ?? [])),
    without_cost: models.reduce((sum, { without_cost }) => sum + without_cost, 0),
  }
}

/** The most used first. */
function byModel(prices: ReadonlyMap<string, Price>, spent: readonly Spent[]): Insights['models'] {
  return [...Map.groupBy(spent, ({ model }) => model)]
    .map(([model, days]) => {
      const sum = (field: 'answers' | 'unmeasured' | 'input_tokens' | 'output_tokens') =>
        days.reduce((total, day) => total + day[field], 0)
      const [answers, unmeasured] = [sum('answers'), sum('unmeasured')]
      const [inputTokens, outputTokens] = [sum('input_tokens'), sum('output_tokens')]
      const cost = costOf(prices, model, unmeasured < answers ? { inputTokens, outputTokens } : null)
      const without_cost = { known: unmeasured, free: 0, no_price: answers, no_tokens: answers }[cost.state]
      return { model, answers, input_tokens: inputTokens, output_tokens: outputTokens, cost, without_cost }
    })
    .sort((one, other) => other.answers - one.answers)
}

interface Asked {
  question: string
  session_id: string
  isUnanswered: boolean
}

/** Newest first. */
async function listQuestions(db: Db, inRange: SQL): Promise<Asked[]> {
  const { rows } = await db.execute<Asked & Record<string, unknown>>(sql`
    select left(t.question, 300) as question, t.session_id, ${isUnknown} as "isUnanswered"
    from ${inRange} order by t.id desc limit ${maxQuestions}`)
  return rows
}

/** The same but for case, spaces and the mark at the end. */
function mostAsked(asked: readonly Asked[]): Insights['top_questions'] {
  const key = ({ question }: Asked) =>
    question
      .toLowerCase()
      .replace(/\s+/g, ' ')
      .replace(/[\s.?!。？！]+$/u, '')
  return [...Map.groupBy(asked, key).values()]
    .flatMap((same) =>
      same[0] ? [{ question: same[0].question, session_id: same[0].session_id, times: same.length }] : [],
    )
    .sort((one, other) => other.times - one.times)
    .slice(0, listed)
}

async function listCited(db: Db, inRange: SQL): Promise<Insights['cited']> {
  const { rows } = await db.execute<Insights['cited'][number] & Record<string, unknown>>(sql`
    select c ->> 'title' as title, split_part(c ->> 'url', '#', 1) as url, count(distinct t.id)::int as times
    from (select t.id, t.citations from ${inRange} and jsonb_typeof(t.citations) = 'array') t,
      jsonb_array_elements(t.citations) c
    group by 1, 2 order by times desc, title limit ${listed}`)
  return rows.map((row) => ({ ...row, url: row.url || null }))
}

async function listNeverCited(
  db: Db,
  workspaceId: WorkspaceId,
  botId: BotId,
  inRange: SQL,
): Promise<Insights['never_cited']> {
  const { rows } = await db.execute<Insights['never_cited'][number] & Record<string, unknown>>(sql`
    with cited as (
      select distinct c ->> 'title' as title, split_part(c ->> 'url', '#', 1) as url
      from (select t.citations from ${inRange} and jsonb_typeof(t.citations) = 'array') t,
        jsonb_array_elements(t.citations) c
    )
    select g.title, g.url, g.source_id, g.id as page_id from pages g
    where g.workspace_id = ${workspaceId} and g.bot_id = ${botId} and exists (
        select 1 from passages p where p.workspace_id = g.workspace_id and p.bot_id = g.bot_id and p.page_id = g.id)
      and not exists (select 1 from cited where cited.url = g.url)
      and not exists (select 1 from cited where cited.title = g.title)
    order by g.title limit 10000`)
  return rows
}

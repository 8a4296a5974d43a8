/** What needs the owner, the checklist until the bot is live, and five honest numbers. */
import { getRouteApi } from '@tanstack/react-router'
import { homeNumbers, NumberTiles } from '../insights/number-tiles.tsx'
import { daysOf, rangeOf } from '../insights/range.ts'
import { useRead } from '../queries.ts'
import { Card, Page } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { Attention } from './attention.tsx'
import { Checklist } from './checklist.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/home')

export function Home() {
  const params = route.useParams()
  const bot = useRead('getBot', { params })
  const range = rangeOf({})
  const insights = useRead('getInsights', { params, query: range })
  return (
    <Page title={bot.data?.name ?? words.title}>
      <Checklist params={params} />
      <Attention params={params} />
      <Card title={words.numbers} about={words.numbersAbout}>
        <Loaded query={insights} rows={2}>
          {({ total, before }) => (
            <NumberTiles total={total} before={before} params={params} days={daysOf(range)} numbers={homeNumbers} />
          )}
        </Loaded>
      </Card>
    </Page>
  )
}

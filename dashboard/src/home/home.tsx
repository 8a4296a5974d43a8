/** What needs the owner, the checklist until the bot is live, and five honest numbers. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { NumberTile } from '../insights/number-tile.tsx'
import { rangeOf } from '../insights/range.ts'
import { words as insightWords } from '../insights/words.ts'
import { useRead } from '../queries.ts'
import { Card, Page } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { Attention } from './attention.tsx'
import { Checklist } from './checklist.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/home')
const shown = ['conversations', 'messages', 'answered', 'unanswered', 'helpful'] as const

export function Home() {
  const params = route.useParams()
  const bot = useRead('getBot', { params })
  const insights = useRead('getInsights', { params, query: rangeOf({}) })
  return (
    <Page title={bot.data?.name ?? words.title}>
      <Checklist params={params} />
      <Attention params={params} />
      <Card title={words.numbers}>
        <Loaded query={insights} rows={2}>
          {({ total, before }) => (
            <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-5">
              {shown.map((name) => (
                <li key={name}>
                  <Link to="/$workspaceId/$botId/insights" params={params} className="block h-full">
                    <NumberTile
                      label={insightWords.numbers[name]}
                      value={total[name]}
                      before={before[name]}
                      isGood={name !== 'unanswered'}
                    />
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
    </Page>
  )
}

/** What needs the owner: failed pages, unanswered questions, the quota, origins that were refused. */

import { Link, type LinkProps } from '@tanstack/react-router'
import {
  CircleCheck,
  type LucideIcon,
  MessageCircleQuestion,
  PowerOff,
  ShieldAlert,
  TriangleAlert,
  Wallet,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { showDay, showNumber } from '../dates.ts'
import { daysOf, rangeOf } from '../insights/range.ts'
import { useChange, useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/page.tsx'
import { Failed, Skeleton } from '../ui/states.tsx'
import { words } from './words.ts'

type BotParams = { workspaceId: string; botId: string }
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 })
/** From these shares of the plan on the owner is told. */
const quotaSteps = [1, 0.8, 0.5]

export function Attention({ params }: { params: BotParams }) {
  const bot = useRead('getBot', { params })
  const sources = useRead('listSources', { params })
  const range = rangeOf({})
  const insights = useRead('getInsights', { params, query: range })
  const usage = useRead('getUsage', { params: { workspaceId: params.workspaceId } })
  const keys = useRead('listKeys', { params })
  const mayAllow = useMay()('editKeys')
  const allow = useChange('allowOrigin', { stale: ['listKeys'] })
  const queries = [bot, sources, insights, usage, keys]
  if (queries.some(({ isPending }) => isPending)) {
    return (
      <Card title={words.attention}>
        <Skeleton rows={2} />
      </Card>
    )
  }
  const broken = queries.find(({ data }) => data === undefined)
  if (broken) {
    return (
      <Card title={words.attention}>
        <Failed error={broken.error} onRetry={() => void Promise.all(queries.map((query) => query.refetch()))} />
      </Card>
    )
  }

  const failed = sources.data?.sources.reduce((sum, { pages }) => sum + pages.failed, 0) ?? 0
  const unanswered = insights.data?.total.unanswered ?? 0
  const share = usage.data?.cap ? usage.data.used / usage.data.cap : 0
  const refused = (keys.data?.keys ?? [])
    .filter(({ revoked_at }) => revoked_at === null)
    .flatMap((key) => key.refused_origins.map(({ origin }) => ({ keyId: key.id, origin })))
  const items: ReactNode[] = []
  if (bot.data && !bot.data.is_enabled) {
    const to = { to: '/$workspaceId/$botId/settings', params } as const
    items.push(<Item key="off" icon={PowerOff} title={words.off} about={words.offAbout} to={to} />)
  }
  if (quotaSteps.some((step) => share >= step) && usage.data) {
    items.push(
      <Item
        key="quota"
        icon={Wallet}
        title={words.quota(percent.format(share))}
        about={words.quotaAbout(showDay(usage.data.resets_at))}
        to={{ to: '/$workspaceId/settings/usage', params }}
      />,
    )
  }
  if (failed > 0) {
    const to = { to: '/$workspaceId/$botId/knowledge', params } as const
    items.push(
      <Item
        key="failed"
        icon={TriangleAlert}
        title={words.failedPages(showNumber(failed))}
        about={words.failedPagesAbout}
        to={to}
      />,
    )
  }
  if (unanswered > 0) {
    items.push(
      <Item
        key="unanswered"
        icon={MessageCircleQuestion}
        title={words.unanswered(showNumber(unanswered))}
        about={words.unansweredAbout}
        to={{ to: '/$workspaceId/$botId/conversations', params, search: { ...daysOf(range), which: 'unanswered' } }}
      />,
    )
  }
  for (const { keyId, origin } of refused.slice(0, 5)) {
    items.push(
      <Item
        key={keyId + origin}
        icon={ShieldAlert}
        title={words.refused(origin)}
        about={words.refusedAbout}
        action={
          <Button
            size="small"
            disabled={!mayAllow}
            isBusy={allow.isPending && allow.variables?.body.origin === origin}
            onClick={() => allow.mutate({ params: { ...params, keyId }, body: { origin } })}
          >
            {words.allow}
          </Button>
        }
      />,
    )
  }
  return (
    <Card title={words.attention}>
      {items.length === 0 ? (
        <p className="flex items-center gap-3 text-soft">
          <CircleCheck className="size-5 text-good" aria-hidden />
          {words.allWell}
        </p>
      ) : (
        <ul className="-my-3 divide-y divide-line">{items}</ul>
      )}
    </Card>
  )
}

interface ItemProps {
  icon: LucideIcon
  title: string
  about: string
  to?: LinkProps
  action?: ReactNode
}

function Item({ icon: Icon, title, about, to, action }: ItemProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <Icon className="size-5 shrink-0 text-warn" aria-hidden />
      <span className="min-w-48 grow basis-48">
        {to ? (
          <Link {...to} className="font-medium hover:underline">
            {title}
          </Link>
        ) : (
          <span className="font-medium">{title}</span>
        )}
        <span className="block text-sm text-soft">{about}</span>
      </span>
      {action}
    </li>
  )
}

/** The bots of a workspace. */

import { getRouteApi, Link } from '@tanstack/react-router'
import { Bot, Plus } from 'lucide-react'
import { useEffect } from 'react'
import { useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { rememberWorkspace } from './last-workspace.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/')

export function Bots() {
  const params = route.useParams()
  const query = useRead('listBots', { params })
  useEffect(() => rememberWorkspace(params.workspaceId), [params.workspaceId])
  const mayAdd = useMay()('editBots')
  const add = mayAdd && (
    <Button asChild kind="main">
      <Link to="/$workspaceId/start" params={params}>
        <Plus aria-hidden />
        {words.newBot}
      </Link>
    </Button>
  )
  return (
    <Page title={words.title} about={words.about} actions={query.data?.bots.length ? add : null}>
      <Loaded query={query}>
        {({ bots }) =>
          bots.length === 0 ? (
            <Empty icon={Bot} title={words.none} action={add}>
              {words.noneAbout}
            </Empty>
          ) : (
            <ul className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {bots.map((bot) => (
                <li key={bot.id}>
                  <Link
                    to="/$workspaceId/$botId/home"
                    params={{ ...params, botId: bot.id }}
                    className="grid h-full grid-cols-[minmax(0,1fr)] gap-3 rounded-xl border border-line p-5 hover:border-accent"
                  >
                    <span className="flex items-center gap-3">
                      <span className="grid size-10 place-items-center rounded-full bg-tint text-accent">
                        <Bot className="size-5" aria-hidden />
                      </span>
                      <span className="min-w-0 grow truncate font-semibold">{bot.name}</span>
                    </span>
                    {!bot.is_enabled && (
                      <span>
                        <Badge tone="warn">{words.off}</Badge>
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  )
}

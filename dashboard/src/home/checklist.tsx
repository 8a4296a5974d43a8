/** What is left to do until the bot is live; gone once all of it is done. */
import { Link, type LinkProps } from '@tanstack/react-router'
import { Circle, CircleAlert, CircleCheck } from 'lucide-react'
import { useRead } from '../queries.ts'
import { Card } from '../ui/page.tsx'
import { words } from './words.ts'

type BotParams = { workspaceId: string; botId: string }
type State = 'done' | 'pending' | 'warning'

const icons = { done: CircleCheck, pending: Circle, warning: CircleAlert }
const colors = { done: 'text-good', pending: 'text-soft', warning: 'text-warn' }

export function Checklist({ params }: { params: BotParams }) {
  const sources = useRead('listSources', { params })
  const keys = useRead('listKeys', { params }, { refetchMs: 5_000 })
  const asked = useRead('listConversations', { params, query: { limit: 1 } })
  if (!sources.data || !keys.data || !asked.data) return null

  const answering = sources.data.sources.reduce((sum, { pages }) => sum + pages.indexed + pages.unchanged, 0)
  const isFailing = sources.data.sources.some(({ state }) => state === 'failed')
  const usable = keys.data.keys.filter(({ revoked_at }) => revoked_at === null)
  const isOpen = usable.some(({ warnings }) => warnings.includes('open_to_any_origin'))
  const states: Record<keyof typeof words.steps, State> = {
    knowledge: answering > 0 ? 'done' : isFailing ? 'warning' : 'pending',
    asked: asked.data.conversations.length > 0 ? 'done' : 'pending',
    key: usable.length === 0 ? 'pending' : isOpen ? 'warning' : 'done',
    live: usable.some(({ last_seen_at }) => last_seen_at !== null) ? 'done' : 'pending',
  }
  if (Object.values(states).every((state) => state === 'done')) return null
  const places: Record<keyof typeof words.steps, LinkProps> = {
    knowledge: { to: '/$workspaceId/$botId/knowledge', params },
    asked: { to: '/$workspaceId/$botId/playground', params },
    key: { to: '/$workspaceId/$botId/widget', params },
    live: { to: '/$workspaceId/$botId/widget', params },
  }
  return (
    <Card title={words.checklist}>
      <ol className="-my-2 grid gap-1">
        {Object.entries(words.steps).map(([name, [title, about]]) => {
          const step = name as keyof typeof words.steps
          const state = states[step]
          const Icon = icons[state]
          return (
            <li key={step}>
              <Link {...places[step]} className="-mx-2 flex items-center gap-3 rounded-lg px-2 py-2 hover:bg-raised">
                <Icon className={`size-5 shrink-0 ${colors[state]}`} aria-hidden />
                <span className="grow">
                  <span className={state === 'done' ? 'text-soft line-through' : 'font-medium'}>{title}</span>
                  {state !== 'done' && <span className="block text-sm text-soft">{about}</span>}
                </span>
                <span className="shrink-0 text-sm text-soft">{words[state]}</span>
              </Link>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}

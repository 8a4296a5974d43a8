/** The places of a bot, or of a workspace while no bot is chosen. */
import { Link } from '@tanstack/react-router'
import {
  BookOpen,
  Bot,
  ChartColumn,
  House,
  type LucideIcon,
  MessagesSquare,
  PanelsTopLeft,
  Settings,
  SquareTerminal,
} from 'lucide-react'
import { words } from './words.ts'

const link =
  'flex items-center gap-3 rounded-lg px-3 py-2 text-soft hover:bg-sunken hover:text-ink data-[status=active]:bg-tint data-[status=active]:font-medium data-[status=active]:text-accent [&_svg]:size-4.5'

export const places = [
  ['home', House],
  ['conversations', MessagesSquare],
  ['knowledge', BookOpen],
  ['playground', SquareTerminal],
  ['widget', PanelsTopLeft],
  ['insights', ChartColumn],
  ['settings', Settings],
] as const satisfies readonly (readonly [keyof typeof words.places, LucideIcon])[]

interface PlacesProps {
  workspaceId: string
  botId: string | undefined
  onGo: () => void
}

export function Places({ workspaceId, botId, onGo }: PlacesProps) {
  return (
    <nav aria-label={words.navigation}>
      <ul className="grid gap-0.5">
        {botId === undefined ? (
          <>
            <li>
              <Link
                to="/$workspaceId"
                params={{ workspaceId }}
                activeOptions={{ exact: true }}
                onClick={onGo}
                className={link}
              >
                <Bot aria-hidden />
                {words.allBots}
              </Link>
            </li>
            <li>
              <Link to="/$workspaceId/settings" params={{ workspaceId }} onClick={onGo} className={link}>
                <Settings aria-hidden />
                {words.workspaceSettings}
              </Link>
            </li>
          </>
        ) : (
          places.map(([place, Icon]) => (
            <li key={place}>
              <Link
                to={`/$workspaceId/$botId/${place}`}
                params={{ workspaceId, botId }}
                onClick={onGo}
                className={link}
              >
                <Icon aria-hidden />
                {words.places[place]}
              </Link>
            </li>
          ))
        )}
      </ul>
    </nav>
  )
}

/** From one workspace to another, and from one bot to another. */
import { Link, useNavigate } from '@tanstack/react-router'
import { Bot, Check, ChevronsUpDown, Plus, Settings } from 'lucide-react'
import type { ReactNode } from 'react'
import { useRead } from '../queries.ts'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu.tsx'
import type { Me } from './me.ts'
import { words } from './words.ts'

function Trigger({ label, name, ...props }: { label: string; name: ReactNode }) {
  return (
    <button
      type="button"
      {...props}
      className="flex w-full items-center gap-2 rounded-lg border border-line bg-paper px-3 py-2 text-left hover:border-edge"
    >
      <span className="min-w-0 grow">
        <span className="block text-xs text-soft">{label}</span>
        <span className="block truncate font-medium">{name}</span>
      </span>
      <ChevronsUpDown className="size-4 shrink-0 text-soft" aria-hidden />
    </button>
  )
}

export function WorkspaceSwitcher({ workspaces, current }: { workspaces: Me['workspaces']; current: string }) {
  const navigate = useNavigate()
  const name = workspaces.find(({ id }) => id === current)?.name
  return (
    <Menu trigger={<Trigger label={words.workspace} name={name ?? '–'} />}>
      {workspaces.map((workspace) => (
        <MenuItem
          key={workspace.id}
          onSelect={() => void navigate({ to: '/$workspaceId', params: { workspaceId: workspace.id } })}
        >
          <span className="min-w-0 grow truncate">{workspace.name}</span>
          {workspace.id === current && <Check aria-hidden />}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/$workspaceId/settings" params={{ workspaceId: current }}>
          <Settings aria-hidden />
          {words.workspaceSettings}
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/new">
          <Plus aria-hidden />
          {words.newWorkspace}
        </Link>
      </MenuItem>
    </Menu>
  )
}

export function BotSwitcher({ workspaceId, botId }: { workspaceId: string; botId: string | undefined }) {
  const navigate = useNavigate()
  const query = useRead('listBots', { params: { workspaceId } })
  const bots = query.data?.bots ?? []
  const current = bots.find(({ id }) => id === botId)
  return (
    <Menu trigger={<Trigger label={words.bot} name={current?.name ?? words.chooseBot} />}>
      {bots.length > 0 && <MenuLabel>{words.allBots}</MenuLabel>}
      {bots.map((bot) => (
        <MenuItem
          key={bot.id}
          onSelect={() => void navigate({ to: '/$workspaceId/$botId/home', params: { workspaceId, botId: bot.id } })}
        >
          <Bot aria-hidden />
          <span className="min-w-0 grow truncate">{bot.name}</span>
          {bot.id === botId && <Check aria-hidden />}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/$workspaceId/start" params={{ workspaceId }}>
          <Plus aria-hidden />
          {words.newBot}
        </Link>
      </MenuItem>
    </Menu>
  )
}

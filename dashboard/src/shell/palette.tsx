/** Everything one can go to or do, found by typing. */
import { may } from '@mevichat/protocol/roles.ts'
import { type NavigateOptions, useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { BookOpenText, Bot, Building2, type LucideIcon, Plus, Settings, SunMoon } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { useRead } from '../queries.ts'
import { words as settings } from '../settings/words.ts'
import { applyTheme, themes } from '../theme.ts'
import { useFocusReturn } from '../ui/focus.ts'
import { useMe } from './me.ts'
import { places } from './places.tsx'
import { words } from './words.ts'

interface PaletteProps {
  workspaceId: string
  botId: string | undefined
  onGo: () => void
  onClose: () => void
}

export default function Palette({ workspaceId, botId, onGo, onClose }: PaletteProps) {
  const navigate = useNavigate()
  const focusReturn = useFocusReturn()
  const workspaces = useMe().data?.workspaces ?? []
  const bots = useRead('listBots', { params: { workspaceId } }).data?.bots ?? []
  const role = workspaces.find(({ id }) => id === workspaceId)?.role ?? 'viewer'
  const tabs = settings.workspace.tabs

  function go(where: NavigateOptions) {
    onClose()
    onGo()
    void navigate(where)
  }
  const inWorkspace = (name: string, to: NonNullable<NavigateOptions['to']>) => (
    <Row
      key={name}
      icon={Settings}
      name={name}
      id={`settings ${name}`}
      onPick={() => go({ to, params: { workspaceId } })}
    />
  )

  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          {...focusReturn}
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100%-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-paper shadow-float"
        >
          <Dialog.Title className="sr-only">{words.commands}</Dialog.Title>
          <Command label={words.commands} loop filter={byName}>
            <Command.Input
              placeholder={words.commandsPlaceholder}
              className="w-full border-line border-b bg-transparent px-5 py-4 outline-none placeholder:text-soft"
            />
            <Command.List label={words.commands} className="max-h-[55dvh] overflow-y-auto p-2">
              <Command.Empty className="px-3 py-8 text-center text-soft">{words.nothingFound}</Command.Empty>
              {botId !== undefined && (
                <Group heading={words.bot}>
                  {places.map(([place, icon]) => (
                    <Row
                      key={place}
                      icon={icon}
                      name={words.places[place]}
                      id={`place ${place}`}
                      onPick={() => go({ to: `/$workspaceId/$botId/${place}`, params: { workspaceId, botId } })}
                    />
                  ))}
                </Group>
              )}
              <Group heading={words.allBots}>
                {bots.map((bot) => (
                  <Row
                    key={bot.id}
                    icon={Bot}
                    name={bot.name}
                    id={`bot ${bot.name} ${bot.id}`}
                    onPick={() => go({ to: '/$workspaceId/$botId/home', params: { workspaceId, botId: bot.id } })}
                  />
                ))}
                {may(role, 'editBots') && (
                  <Row
                    icon={Plus}
                    name={words.newBot}
                    id="new bot"
                    onPick={() => go({ to: '/$workspaceId/start', params: { workspaceId } })}
                  />
                )}
              </Group>
              <Group heading={words.workspaceSettings}>
                {inWorkspace(tabs.general, '/$workspaceId/settings')}
                {inWorkspace(tabs.members, '/$workspaceId/settings/members')}
                {inWorkspace(tabs.usage, '/$workspaceId/settings/usage')}
                {may(role, 'editCredentials') && inWorkspace(tabs.credentials, '/$workspaceId/settings/credentials')}
                {may(role, 'editCredentials') && inWorkspace(tabs.prices, '/$workspaceId/settings/prices')}
                {inWorkspace(tabs.tokens, '/$workspaceId/settings/tokens')}
                {may(role, 'readAudit') && inWorkspace(tabs.audit, '/$workspaceId/settings/audit')}
              </Group>
              <Group heading={words.workspace}>
                {workspaces.map((workspace) => (
                  <Row
                    key={workspace.id}
                    icon={Building2}
                    name={workspace.name}
                    id={`workspace ${workspace.name} ${workspace.id}`}
                    onPick={() => go({ to: '/$workspaceId', params: { workspaceId: workspace.id } })}
                  />
                ))}
                <Row icon={Plus} name={words.newWorkspace} id="new workspace" onPick={() => go({ to: '/new' })} />
              </Group>
              <Group heading={words.theme}>
                {themes.map((theme) => (
                  <Row
                    key={theme}
                    icon={SunMoon}
                    name={words.themes[theme]}
                    id={`${words.theme} ${theme}`}
                    onPick={() => {
                      applyTheme(theme)
                      onClose()
                    }}
                  />
                ))}
                <Row
                  icon={BookOpenText}
                  name={words.guide}
                  id="guide"
                  onPick={() => {
                    open('/docs/', '_blank', 'noreferrer')
                    onClose()
                  }}
                />
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** By what is seen: ids would match nearly anything. */
function byName(_id: string, typed: string, names: string[] = []): number {
  const name = names.join(' ').toLowerCase()
  const wanted = typed.trim().toLowerCase()
  return name.startsWith(wanted) ? 1 : name.includes(wanted) ? 0.5 : 0
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-soft"
    >
      {children}
    </Command.Group>
  )
}

interface RowProps {
  icon: LucideIcon
  name: string
  /** What tells it from all others. */
  id: string
  onPick: () => void
}

function Row({ icon: Icon, name, id, onPick }: RowProps) {
  return (
    <Command.Item
      value={id}
      keywords={[name]}
      onSelect={onPick}
      className="flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 data-[selected=true]:bg-tint data-[selected=true]:text-accent [&_svg]:size-4 [&_svg]:shrink-0"
    >
      <Icon aria-hidden />
      <span className="min-w-0 truncate">{name}</span>
    </Command.Item>
  )
}

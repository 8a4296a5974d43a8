/** The frame around every place of a workspace: where one is, where one can go, and who one is. */
import { getRouteApi, Outlet, useMatchRoute, useParams } from '@tanstack/react-router'
import { Menu as MenuIcon, X } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Loaded } from '../ui/states.tsx'
import { useMe } from './me.ts'
import { PaletteButton } from './palette-button.tsx'
import { PersonMenu } from './person-menu.tsx'
import { Places } from './places.tsx'
import { BotSwitcher, WorkspaceSwitcher } from './switchers.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId')

export function Shell() {
  const { workspaceId } = route.useParams()
  const { botId } = useParams({ strict: false })
  const isFirstRun = useMatchRoute()({ to: '/$workspaceId/start' })
  const [isMenuOpen, setIsMenuOpen] = useState(false)
  const me = useMe()
  if (isFirstRun) return <Outlet />
  return (
    <div className="flex min-h-full flex-col lg:h-full lg:flex-row">
      <a
        href="#place"
        className="sr-only focus:not-sr-only focus:absolute focus:z-60 focus:m-2 focus:rounded-lg focus:bg-paper focus:p-2"
      >
        {words.skip}
      </a>
      <header className="flex items-center gap-2 border-line border-b bg-raised px-3 py-2 lg:hidden">
        <img src="/favicon.svg" alt="" width="28" height="28" />
        <span className="grow font-semibold">Mevichat</span>
        <Button
          kind="quiet"
          size="icon"
          aria-label={isMenuOpen ? words.closeMenu : words.openMenu}
          aria-expanded={isMenuOpen}
          onClick={() => setIsMenuOpen(!isMenuOpen)}
        >
          {isMenuOpen ? <X aria-hidden /> : <MenuIcon aria-hidden />}
        </Button>
      </header>
      <div
        className={classes(
          'flex-col gap-4 border-line bg-raised p-3 lg:flex lg:w-60 lg:shrink-0 lg:overflow-y-auto lg:border-r',
          isMenuOpen ? 'flex border-b' : 'hidden',
        )}
      >
        <Loaded query={me} rows={2}>
          {({ workspaces }) => <WorkspaceSwitcher workspaces={workspaces} current={workspaceId} />}
        </Loaded>
        <BotSwitcher workspaceId={workspaceId} botId={botId} />
        <PaletteButton workspaceId={workspaceId} botId={botId} onGo={() => setIsMenuOpen(false)} />
        <Places workspaceId={workspaceId} botId={botId} onGo={() => setIsMenuOpen(false)} />
        <div className="grow" />
        {me.data && <PersonMenu user={me.data.user} />}
      </div>
      <main id="place" tabIndex={-1} className="min-w-0 grow outline-none lg:overflow-y-auto">
        <Outlet />
      </main>
    </div>
  )
}

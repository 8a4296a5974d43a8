import { getRouteApi, Outlet } from '@tanstack/react-router'
import { Page } from '../ui/page.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const { tabs } = words.bot

/** The frame of a bot's settings: its tabs. */
export function BotSettings() {
  const params = route.useParams()
  const place = '/$workspaceId/$botId/settings'
  return (
    <Page title={words.bot.title} about={words.bot.about}>
      <TabLinks
        label={words.bot.title}
        tabs={[
          { name: tabs.bot, to: { to: place, params, activeOptions: { exact: true } } },
          { name: tabs.moderation, to: { to: `${place}/moderation`, params } },
          { name: tabs.versions, to: { to: `${place}/versions`, params } },
          { name: tabs.privacy, to: { to: `${place}/privacy`, params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}

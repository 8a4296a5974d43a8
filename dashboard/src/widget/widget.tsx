import { getRouteApi, Outlet } from '@tanstack/react-router'
import { Page } from '../ui/page.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/widget')

/** The frame of the place: its tabs. */
export function Widget() {
  const params = route.useParams()
  return (
    <Page isWide title={words.title} about={words.about}>
      <TabLinks
        label={words.title}
        tabs={[
          { name: words.tabs.look, to: { to: '/$workspaceId/$botId/widget', params, activeOptions: { exact: true } } },
          { name: words.tabs.keys, to: { to: '/$workspaceId/$botId/widget/keys', params } },
          { name: words.tabs.install, to: { to: '/$workspaceId/$botId/widget/install', params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}

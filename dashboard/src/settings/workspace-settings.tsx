import { may } from '@mevichat/protocol/roles.ts'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useMe } from '../shell/me.ts'
import { Page } from '../ui/page.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const { tabs } = words.workspace

/** The frame of a workspace's settings: the tabs that one's role opens. */
export function WorkspaceSettings() {
  const params = route.useParams()
  const role = useMe().data?.workspaces.find(({ id }) => id === params.workspaceId)?.role ?? 'viewer'
  const place = '/$workspaceId/settings'
  return (
    <Page title={words.workspace.title}>
      <TabLinks
        label={words.workspace.title}
        tabs={[
          { name: tabs.general, to: { to: place, params, activeOptions: { exact: true } } },
          { name: tabs.members, to: { to: `${place}/members`, params } },
          { name: tabs.usage, to: { to: `${place}/usage`, params } },
          ...(may(role, 'editCredentials')
            ? [
                { name: tabs.credentials, to: { to: `${place}/credentials` as const, params } },
                { name: tabs.prices, to: { to: `${place}/prices` as const, params } },
              ]
            : []),
          { name: tabs.tokens, to: { to: `${place}/tokens`, params } },
          ...(may(role, 'readAudit') ? [{ name: tabs.audit, to: { to: `${place}/audit` as const, params } }] : []),
        ]}
      />
      <Outlet />
    </Page>
  )
}

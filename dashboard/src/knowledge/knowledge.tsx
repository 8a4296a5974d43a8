import { getRouteApi, Outlet, useParams } from '@tanstack/react-router'
import { useMay } from '../shell/use-may.ts'
import { Page } from '../ui/page.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { AddBox } from './add-box.tsx'
import { SourceList } from './source-list.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge')

/** The frame of the place: its tabs. */
export function Knowledge() {
  const params = route.useParams()
  const { sourceId } = useParams({ strict: false })
  if (sourceId !== undefined) return <Outlet />
  return (
    <Page title={words.title} about={words.about}>
      <TabLinks
        label={words.title}
        tabs={[
          {
            name: words.tabs.sources,
            to: { to: '/$workspaceId/$botId/knowledge', params, activeOptions: { exact: true } },
          },
          { name: words.tabs.pairs, to: { to: '/$workspaceId/$botId/knowledge/answers', params } },
          { name: words.tabs.search, to: { to: '/$workspaceId/$botId/knowledge/try', params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}

export function Sources() {
  const params = route.useParams()
  const mayEdit = useMay()('editKnowledge')
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      {mayEdit && <AddBox params={params} />}
      <SourceList params={params} />
    </div>
  )
}

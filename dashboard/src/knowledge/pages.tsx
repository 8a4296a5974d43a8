/** The pages of a source, by state, as many as there are. */
import type { PageAnswer } from '@mevichat/protocol/sources.ts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { FileText } from 'lucide-react'
import { usePages } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { Empty, Failed, Skeleton } from '../ui/states.tsx'
import { VirtualList } from '../ui/virtual-list.tsx'
import { useUndoable } from '../undo.ts'
import { PageDrawer } from './page-drawer.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge/$sourceId/')

export function Pages() {
  const params = route.useParams()
  const { state, page: openPage } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/knowledge/$sourceId' })
  const query = usePages('listPages', { params, ...(state && { query: { state } }) })
  const { isHidden } = useUndoable('removePage', [])
  const found = query.data?.pages.flatMap(({ pages }) => pages).filter(({ id }) => !isHidden(id)) ?? []
  return (
    <div className="grid gap-4">
      <SelectField
        label={words.pages.title}
        isLabelHidden
        className="w-48"
        value={state ?? ''}
        onChange={(event) => {
          const chosen = event.target.value as PageAnswer['state'] | ''
          void navigate({ search: chosen ? { state: chosen } : {} })
        }}
      >
        <option value="">{words.pages.all}</option>
        {Object.entries(words.pageStates).map(([value, [name]]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      {query.isPending ? (
        <Skeleton />
      ) : query.error ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : found.length === 0 ? (
        <Empty
          icon={FileText}
          title={state ? words.pages.none : words.pages.noneYet}
          action={state && <Button onClick={() => void navigate({ search: {} })}>{words.pages.showAll}</Button>}
        >
          {state ? words.pages.noneAbout : words.pages.noneYetAbout}
        </Empty>
      ) : (
        <VirtualList
          label={words.pages.title}
          items={found}
          rowHeight={60}
          hasMore={query.hasNextPage}
          onMore={() => void query.fetchNextPage()}
        >
          {(page) => (
            <PageRow page={page} onOpen={() => void navigate({ search: (before) => ({ ...before, page: page.id }) })} />
          )}
        </VirtualList>
      )}
      {openPage && (
        <PageDrawer
          params={{ ...params, pageId: openPage }}
          onClose={() => void navigate({ search: state ? { state } : {} })}
        />
      )}
    </div>
  )
}

function PageRow({ page, onOpen }: { page: PageAnswer; onOpen: () => void }) {
  const [state, tone] = words.pageStates[page.state]
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex h-15 w-full items-center gap-3 border-line border-b px-3 text-left hover:bg-raised"
    >
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">{page.title || page.address || '–'}</span>
        <span className="block truncate text-sm text-soft">{page.reason ?? page.url ?? page.address}</span>
      </span>
      <Badge tone={tone}>{state}</Badge>
    </button>
  )
}

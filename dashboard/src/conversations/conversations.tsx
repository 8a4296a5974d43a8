/** A bot's conversations: the list at the left, the one that is read at the right. */

import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { Download, MessagesSquare, Search, X } from 'lucide-react'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { addressOf, type Output } from '../api.ts'
import { showAgo, showNumber } from '../dates.ts'
import { ToPlayground } from '../playground/to-playground.tsx'
import { usePages } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { SelectField, TextField } from '../ui/field.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { Empty, Failed, Skeleton } from '../ui/states.tsx'
import { VirtualList } from '../ui/virtual-list.tsx'
import { useUndoable } from '../undo.ts'
import { isFiltered, queryOf } from './filter.ts'
import { moveFocus, useEscape } from './keyboard.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/conversations')
type Item = Output<'listConversations'>['conversations'][number]

const rowHeight = 76

export function Conversations() {
  const params = route.useParams()
  const { sessionId } = useParams({ strict: false })
  const isReading = sessionId !== undefined
  const backTo = useRef<string>(undefined)
  useEscape(sessionId, backTo)
  useEffect(() => {
    document.title = `${words.title} · Mevichat`
  }, [])
  return (
    <div className="flex h-full min-h-0">
      <div
        className={classes(
          'min-h-0 w-full flex-col gap-4 border-line p-4 sm:p-6 xl:flex xl:w-md xl:shrink-0 xl:border-r',
          isReading ? 'hidden' : 'flex',
        )}
      >
        <header className="flex items-start justify-between gap-3">
          <h1 className="text-2xl font-semibold tracking-tight">{words.title}</h1>
          <Downloads />
        </header>
        <Filters />
        <List params={params} openId={sessionId} backTo={backTo} />
      </div>
      <div className={classes('min-w-0 grow overflow-y-auto', !isReading && 'hidden xl:block')}>
        {isReading ? <Outlet /> : <p className="py-24 text-center text-soft">{words.choose}</p>}
      </div>
    </div>
  )
}

function Filters() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/conversations' })
  const [q, setQ] = useState(search.q ?? '')
  return (
    <search>
      <form
        className="grid grid-cols-2 gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          void navigate({ search: (before) => ({ ...before, q: q.trim() || undefined }) })
        }}
      >
        <div className="col-span-2 flex items-end gap-2">
          <TextField
            label={words.search}
            isLabelHidden
            type="search"
            className="grow"
            placeholder={words.search}
            value={q}
            onChange={(event) => setQ(event.target.value)}
          />
          <Button type="submit" size="icon" className="size-10" aria-label={words.search}>
            <Search aria-hidden />
          </Button>
        </div>
        <SelectField
          label={words.filters.label}
          isLabelHidden
          className="col-span-2"
          value={search.which ?? 'all'}
          onChange={(event) => {
            const which = event.target.value as keyof typeof words.filters
            void navigate({ search: (before) => ({ ...before, which: which === 'all' ? undefined : which }) })
          }}
        >
          {Object.entries(words.filters)
            .filter(([name]) => name !== 'label')
            .map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
        </SelectField>
        {(['from', 'to'] as const).map((name) => (
          <TextField
            key={name}
            label={words[name]}
            type="date"
            value={search[name] ?? ''}
            onChange={(event) => {
              const day = event.target.value || undefined
              void navigate({ search: (before) => ({ ...before, [name]: day }) })
            }}
          />
        ))}
      </form>
      <Only />
    </search>
  )
}

/** What a figure of Insights led to, which no field says. */
function Only() {
  const { model, cited, slower } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/conversations' })
  const told = [
    ['model', model && words.only.model(model)],
    ['cited', cited && words.only.cited(cited)],
    ['slower', slower !== undefined && words.only.slower(showNumber(slower))],
  ] as const
  return told.map(
    ([name, text]) =>
      text && (
        <Button
          key={name}
          size="small"
          className="mt-2 max-w-full"
          aria-label={`${text}: ${words.clear}`}
          onClick={() => void navigate({ search: (before) => ({ ...before, [name]: undefined }) })}
        >
          <span className="truncate">{text}</span>
          <X aria-hidden />
        </Button>
      ),
  )
}

interface ListProps {
  params: { workspaceId: string; botId: string }
  openId: string | undefined
  backTo: RefObject<string | undefined>
}

function List({ params, openId, backTo }: ListProps) {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/conversations' })
  const query = usePages('listConversations', { params, query: queryOf(search) })
  const { isHidden } = useUndoable('removeConversation', [])
  const found = (query.data?.pages ?? [])
    .flatMap(({ conversations }) => conversations)
    .filter(({ session_id }) => !isHidden(session_id))
  const open = (sessionId: string) =>
    void navigate({ to: '/$workspaceId/$botId/conversations/$sessionId', params: { ...params, sessionId }, search })

  if (query.isPending) return <Skeleton rows={7} />
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  if (found.length === 0) {
    return isFiltered(search) ? (
      <Empty
        icon={Search}
        title={words.noMatch}
        action={<Button onClick={() => void navigate({ search: {} })}>{words.clear}</Button>}
      >
        {words.noMatchAbout}
      </Empty>
    ) : (
      <Empty
        icon={MessagesSquare}
        title={words.none}
        action={<ToPlayground params={params}>{words.noneAct}</ToPlayground>}
      >
        {words.noneAbout}
      </Empty>
    )
  }
  return (
    <VirtualList
      label={words.title}
      items={found}
      rowHeight={rowHeight}
      hasMore={query.hasNextPage}
      onMore={() => void query.fetchNextPage()}
    >
      {(item) => (
        <Row
          item={item}
          isOpen={item.session_id === openId}
          onOpen={() => open(item.session_id)}
          onShown={(row) => {
            if (openId !== undefined || backTo.current !== item.session_id) return
            backTo.current = undefined
            row.focus()
          }}
        />
      )}
    </VirtualList>
  )
}

interface RowProps {
  item: Item
  isOpen: boolean
  onOpen: () => void
  onShown: (row: HTMLButtonElement) => void
}

function Row({ item, isOpen, onOpen, onShown }: RowProps) {
  return (
    <button
      type="button"
      ref={(row) => {
        if (row) onShown(row)
      }}
      aria-current={isOpen || undefined}
      onClick={onOpen}
      onKeyDown={moveFocus}
      className={classes(
        'flex h-19 w-full flex-col justify-center gap-1 border-line border-b px-4 text-left hover:bg-raised',
        isOpen && 'bg-tint',
      )}
    >
      <span className="flex w-full items-baseline gap-3">
        <span className="min-w-0 grow truncate font-medium">{item.first_question || words.noQuestion}</span>
        <time dateTime={item.last_turn_at} className="shrink-0 text-xs text-soft">
          {showAgo(item.last_turn_at)}
        </time>
      </span>
      <span className="flex items-center gap-2 text-sm text-soft">
        {words.turns(item.turns)}
        {item.unanswered && <Badge tone="warn">{words.unanswered}</Badge>}
        {item.rating.helpful > 0 && <Badge tone="good">{words.helpful}</Badge>}
        {item.rating.not_helpful > 0 && <Badge tone="bad">{words.notHelpful}</Badge>}
        {item.finish_reason === 'error' && <Badge tone="bad">{words.endings.error}</Badge>}
      </span>
    </button>
  )
}

function Downloads() {
  const params = route.useParams()
  const { limit: _, ...query } = queryOf(route.useSearch())
  return (
    <Menu
      trigger={
        <Button size="small">
          <Download aria-hidden />
          {words.export}
        </Button>
      }
    >
      <MenuItem asChild>
        <a href={addressOf('exportConversationsAsJsonLines', { params, query })} download>
          {words.exportJsonl}
        </a>
      </MenuItem>
      <MenuItem asChild>
        <a href={addressOf('exportConversationsAsCsv', { params, query })} download>
          {words.exportCsv}
        </a>
      </MenuItem>
    </Menu>
  )
}

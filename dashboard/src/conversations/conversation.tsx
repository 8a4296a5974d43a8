/** One conversation, from its first question to its last answer. */

import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Output } from '../api.ts'
import { showMoment } from '../dates.ts'
import { usePages } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Button } from '../ui/button.tsx'
import { Failed, Skeleton } from '../ui/states.tsx'
import { useUndoable } from '../undo.ts'
import { words as common } from '../words.ts'
import { TurnView } from './turn.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/conversations/$sessionId')

const staleConversations = ['listConversations'] as const

export function Conversation() {
  const params = route.useParams()
  const query = usePages('getConversation', { params })
  const pages = query.data?.pages ?? []
  const [first] = pages
  const article = useRef<HTMLElement>(null)
  // On a narrow window the list, and with it what had the focus, is gone.
  useEffect(() => {
    if (!document.activeElement?.checkVisibility()) article.current?.focus()
  }, [])
  return (
    <article
      ref={article}
      tabIndex={-1}
      className="mx-auto grid grid-cols-[minmax(0,1fr)] outline-none max-w-3xl gap-6 p-4 sm:p-8"
    >
      <Link
        to="/$workspaceId/$botId/conversations"
        params={params}
        search={(before) => before}
        className="inline-flex items-center gap-1.5 text-soft hover:text-ink xl:hidden"
      >
        <ArrowLeft className="size-4" aria-hidden />
        {words.back}
      </Link>
      {query.error ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : !first ? (
        <Skeleton rows={6} />
      ) : (
        <>
          <Head conversation={first} />
          <ol className="grid gap-8">
            {pages
              .flatMap(({ messages }) => messages)
              .map((turn) => (
                <TurnView key={turn.message_id} params={params} turn={turn} />
              ))}
          </ol>
          {query.hasNextPage && (
            <Button
              className="justify-self-center"
              isBusy={query.isFetching}
              onClick={() => void query.fetchNextPage()}
            >
              {common.more}
            </Button>
          )}
        </>
      )}
    </article>
  )
}

function Head({ conversation }: { conversation: Output<'getConversation'> }) {
  const params = route.useParams()
  const navigate = useNavigate()
  const { remove } = useUndoable('removeConversation', staleConversations)
  const mayDelete = useMay()('deleteConversations')
  const metadata = Object.entries(conversation.visitor_metadata ?? {})
  return (
    <header className="grid grid-cols-[minmax(0,1fr)] gap-3 border-line border-b pb-5">
      <div className="flex items-start justify-between gap-4">
        <h2 className="min-w-0 truncate text-lg font-semibold">
          {conversation.visitor_id ? `${words.visitor} ${conversation.visitor_id}` : words.anonymous}
        </h2>
        <Button
          kind="danger"
          size="small"
          disabled={!mayDelete}
          onClick={() => {
            remove(conversation.session_id, { params }, words.removed)
            void navigate({ to: '/$workspaceId/$botId/conversations', params, search: (before) => before })
          }}
        >
          <Trash2 aria-hidden />
          {common.delete}
        </Button>
      </div>
      <p className="text-sm text-soft">
        {showMoment(conversation.created_at)} · {words.turns(conversation.turns)}
      </p>
      {metadata.length > 0 && (
        <details>
          <summary className="text-sm text-accent">{words.metadata}</summary>
          <dl className="mt-2 grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
            {metadata.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-soft">{name}</dt>
                <dd className="min-w-0">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </header>
  )
}

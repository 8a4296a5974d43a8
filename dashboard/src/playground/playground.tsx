/** The real widget beside the settings, draft against live, and why it answered so. */
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { RotateCcw, SlidersHorizontal } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Settings } from '../bot/use-draft.ts'
import { TurnView } from '../conversations/turn.tsx'
import { configOf } from '../preview/config.ts'
import { askIn, PreviewFrame } from '../preview/frame.tsx'
import type { StartedTurn } from '../preview/transport.ts'
import { useRead } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Failed, Loaded, Skeleton } from '../ui/states.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/playground')

export function Playground() {
  const params = route.useParams()
  const { version = 'draft' } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/playground' })
  const bot = useRead('getBot', { params })
  const draft = useRead('getDraft', { params })
  const [turn, setTurn] = useState<StartedTurn | null>(null)
  const [round, setRound] = useState(0)
  const frame = useRef<HTMLIFrameElement>(null)
  return (
    <Page
      isWide
      title={words.title}
      about={words.about}
      actions={
        <>
          <SelectField
            label={words.version}
            isLabelHidden
            className="w-28"
            value={version}
            onChange={(event) => {
              setTurn(null)
              void navigate({ search: event.target.value === 'live' ? { version: 'live' } : {} })
            }}
          >
            <option value="draft">{words.draft}</option>
            <option value="live">{words.live}</option>
          </SelectField>
          <Button
            onClick={() => {
              setTurn(null)
              setRound(round + 1)
            }}
          >
            <RotateCcw aria-hidden />
            {words.reload}
          </Button>
          <Button asChild>
            <Link to="/$workspaceId/$botId/settings" params={params}>
              <SlidersHorizontal aria-hidden />
              {words.settings}
            </Link>
          </Button>
        </>
      }
    >
      {bot.data && !bot.data.has_draft && <p className="-mt-3 text-sm text-soft">{words.noDraft}</p>}
      <div className="grid gap-6 lg:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
        <div className="h-[42rem] max-h-[60dvh] min-h-96 lg:max-h-[calc(100dvh-14rem)]">
          <Loaded<{ settings: Settings }> query={version === 'live' ? bot : draft} rows={6}>
            {({ settings }: { settings: Settings }) => (
              <PreviewFrame
                key={round}
                frame={frame}
                title={words.frame}
                preview={{ ...params, version, config: configOf(settings), scheme: currentScheme() }}
                onTurn={setTurn}
              />
            )}
          </Loaded>
        </div>
        <Card title={words.why}>
          {turn ? (
            <Why params={params} turn={turn} onFixed={(question) => askIn(frame.current, question)} />
          ) : (
            <p className="text-soft">{words.whyNone}</p>
          )}
        </Card>
      </div>
    </Page>
  )
}

function currentScheme(): 'light' | 'dark' {
  const { theme } = document.documentElement.dataset
  if (theme === 'light' || theme === 'dark') return theme
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** Asked until the answer has ended and is stored with its trace. */
interface WhyProps {
  params: { workspaceId: string; botId: string }
  turn: StartedTurn
  onFixed: (question: string) => void
}

function Why({ params, turn, onFixed }: WhyProps) {
  const input = { params: { ...params, sessionId: turn.sessionId }, query: { limit: 100 } }
  const query = useRead('getConversation', input, { refetchMs: 1_000 })
  const found = query.data?.messages.find(({ message_id }) => message_id === turn.messageId)
  if (query.error && !query.data) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  if (!found || found.finish_reason === null) return <Skeleton rows={3} />
  return (
    <ol aria-live="polite">
      <TurnView params={input.params} turn={found} isOpen onFixed={() => onFixed(found.question)} />
    </ol>
  )
}

/** A page: what was read from it, beside the passages it was cut into. */

import { ExternalLink, Trash2 } from 'lucide-react'
import { showMoment } from '../dates.ts'
import { useRead } from '../queries.ts'
import { useMay } from '../shell/use-may.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Loaded } from '../ui/states.tsx'
import { useUndoable } from '../undo.ts'
import { words } from './words.ts'

const stalePages = ['listPages', 'getSource', 'listSources'] as const
type PageParams = { workspaceId: string; botId: string; sourceId: string; pageId: string }

export function PageDrawer({ params, onClose }: { params: PageParams; onClose: () => void }) {
  const query = useRead('getPage', { params })
  const { remove } = useUndoable('removePage', stalePages)
  const mayEdit = useMay()('editKnowledge')
  const page = query.data
  return (
    <Dialog isOpen isDrawer onClose={onClose} title={page?.title || page?.address || words.pages.title}>
      <Loaded query={query} rows={8}>
        {(page) => {
          const [state, tone] = words.pageStates[page.state]
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">
                <Badge tone={tone}>{state}</Badge>
                {page.fetched_at && <span>{showMoment(page.fetched_at)}</span>}
                {page.http_status && <span>HTTP {page.http_status}</span>}
                {page.language && <span lang={page.language}>{page.language}</span>}
              </p>
              {page.reason && <p className="rounded-lg bg-warn-tint px-3 py-2 text-warn">{page.reason}</p>}
              <div className="flex flex-wrap gap-2">
                {page.url && /^https?:/.test(page.url) && (
                  <Button asChild size="small">
                    <a href={page.url} target="_blank" rel="noreferrer">
                      <ExternalLink aria-hidden />
                      {words.pages.visit}
                    </a>
                  </Button>
                )}
                <Button
                  size="small"
                  kind="danger"
                  disabled={!mayEdit}
                  onClick={() => {
                    remove(params.pageId, { params }, words.pages.removed)
                    onClose()
                  }}
                >
                  <Trash2 aria-hidden />
                  {words.actions.remove}
                </Button>
              </div>
              <section>
                <h3 className="mb-2 font-semibold">{words.pages.passages(page.passages.length)}</h3>
                <ol className="grid gap-2">
                  {page.passages.map((passage, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: their order is what they are
                    <li key={at} className="rounded-lg border border-line p-3">
                      {passage.headings.length > 0 && (
                        <p className="mb-1 text-xs text-soft">{passage.headings.join(' › ')}</p>
                      )}
                      <p className="text-sm whitespace-pre-wrap">{passage.text}</p>
                    </li>
                  ))}
                </ol>
              </section>
              <section>
                <h3 className="mb-2 font-semibold">{words.pages.text}</h3>
                {page.markdown ? (
                  <pre className="overflow-x-auto rounded-lg bg-raised p-3 text-sm whitespace-pre-wrap">
                    {page.markdown}
                  </pre>
                ) : (
                  <p className="text-soft">{words.pages.noText}</p>
                )}
              </section>
            </div>
          )
        }}
      </Loaded>
    </Dialog>
  )
}

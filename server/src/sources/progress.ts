/** How a sync gets on, told each second until it has ended. */
import type { SyncProgress } from '@mevichat/protocol/sources.ts'
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { and, desc, isNotNull } from 'drizzle-orm'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { EventStream } from '../platform/http/sse.ts'
import { progressAnswer } from './answers.ts'
import { countPages, noPages, ofSource, type SourceRef } from './pages.ts'
import { findSource } from './sources.ts'
import { findOpenSync, type Sync } from './sync-rows.ts'
import { pages } from './tables.ts'

const pollMs = 1_000

/** Sends `progress` when something has changed, and `done` when no sync is open; ends the stream. */
export async function followSync(ports: { db: Db; clock: Clock }, ref: SourceRef, stream: EventStream): Promise<void> {
  const gone = new AbortController()
  stream.onClose(() => gone.abort())
  let id = 0
  let told = ''
  try {
    while (!gone.signal.aborted) {
      const open = await findOpenSync(ports, ref)
      const progress = await progressOf(ports, ref, open)
      const isOver = !open || !progress
      const text = JSON.stringify(progress)
      if (progress && (isOver || text !== told)) stream.write(encodeEvent(++id, isOver ? 'done' : 'progress', progress))
      if (isOver) break
      told = text
      await ports.clock.sleep(pollMs, gone.signal)
    }
  } finally {
    stream.end()
  }
}

/** Null when the source is gone. */
async function progressOf(
  ports: { db: Db; clock: Clock },
  ref: SourceRef,
  open: Sync | null,
): Promise<SyncProgress | null> {
  const source = await findSource(ports, ref)
  if (!source) return null
  const ofSync = open && ((await countPages(ports.db, { ...ref, syncId: open.id })).get(ref.sourceId) ?? noPages)
  // The time of a slice is known when it ends: until the first has ended it is all the time there was.
  const workedMs = open?.workedMs || (open ? ports.clock.now() - open.startedAt.getTime() : 0)
  const [last] = await ports.db
    .select({ url: pages.url, title: pages.title, state: pages.state })
    .from(pages)
    .where(and(ofSource(ref), isNotNull(pages.fetchedAt)))
    .orderBy(desc(pages.fetchedAt))
    .limit(1)
  return progressAnswer({ ...source, ...(ofSync && { pages: ofSync }) }, workedMs, last ?? null)
}

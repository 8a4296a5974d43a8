/** A conversation as its owner reads it: its turns, and of each answer what it was made from. */
import { and, eq, getTableColumns, gt, inArray, sql } from 'drizzle-orm'
import { keys } from '../keys/tables.ts'
import { passages } from '../knowledge/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { pages } from '../sources/tables.ts'
import type { SessionRef } from './store.ts'
import { turns } from './tables.ts'

const excerptChars = 300

const readColumns = { ...getTableColumns(turns), keyName: keys.name }
export type ReadTurn = typeof turns.$inferSelect & { keyName: string | null }

/** What is still there of a passage that was looked at. */
export interface Remains {
  title: string
  url: string | null
  excerpt: string | null
}

/** The turns after `afterId`, oldest first, and by passage id what is left of those that were looked at for them. */
export async function readTurns(
  { db }: { db: Db },
  ref: SessionRef,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<{ turns: ReadTurn[]; remains: Map<number, Remains>; next: number | null }> {
  const { workspaceId, botId, sessionId } = ref
  const rows = await db
    .select(readColumns)
    .from(turns)
    .leftJoin(keys, and(eq(keys.workspaceId, turns.workspaceId), eq(keys.id, turns.keyId)))
    .where(
      and(
        eq(turns.workspaceId, workspaceId),
        eq(turns.botId, botId),
        eq(turns.sessionId, sessionId),
        gt(turns.id, afterId),
      ),
    )
    .orderBy(turns.id)
    .limit(limit + 1)
  const read = rows.slice(0, limit)
  const next = rows.length > limit ? (read.at(-1)?.id ?? null) : null
  return { turns: read, remains: await remainsOf(db, ref, read), next }
}

async function remainsOf(db: Db, { workspaceId, botId }: SessionRef, read: ReadTurn[]): Promise<Map<number, Remains>> {
  const considered = read.flatMap(({ trace }) => trace?.considered ?? [])
  if (considered.length === 0) return new Map()
  const idsOf = <T>(ids: T[]) => [...new Set(ids)]
  const ofBot = and(eq(pages.workspaceId, workspaceId), eq(pages.botId, botId))
  const [foundPages, foundPassages] = await Promise.all([
    db
      .select({ id: pages.id, title: pages.title, url: pages.url })
      .from(pages)
      .where(and(ofBot, inArray(pages.id, idsOf(considered.map(({ pageId }) => pageId))))),
    db
      .select({ id: passages.id, excerpt: sql<string>`left(${passages.text}, ${excerptChars})` })
      .from(passages)
      .where(
        and(
          eq(passages.workspaceId, workspaceId),
          eq(passages.botId, botId),
          inArray(passages.id, idsOf(considered.map(({ passageId }) => passageId))),
        ),
      ),
  ])
  const pageById = new Map(foundPages.map(({ id, ...page }) => [id, page]))
  const excerptById = new Map(foundPassages.map(({ id, excerpt }) => [id, excerpt]))
  return new Map(
    considered.flatMap(({ passageId, pageId }) => {
      const page = pageById.get(pageId)
      return page ? [[passageId, { ...page, excerpt: excerptById.get(passageId) ?? null }] as const] : []
    }),
  )
}

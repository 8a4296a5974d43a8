/** Erasing a visitor: every place that may hold something of one, and how it leaves. */
import { createHash } from 'node:crypto'
import { type SQL, sql } from 'drizzle-orm'
import { recordEvent } from '../audit/audit.ts'
import type { Db } from '../platform/db/db.ts'
import type { UserId, WorkspaceId } from '../platform/id.ts'
import type { SessionRef } from './store.ts'

/** Whose sessions are erased: those that began before the visitor's tombstone was set. */
interface Visitor {
  workspaceId: WorkspaceId
  visitorId: string
}

type Eraser = (visitor: Visitor) => SQL

/**
 * Every table of ours: how a visitor leaves it, or why there is none in it. A table that is missing makes a test fail, so that
 * whoever adds one says which it is. The queue's tables hold ids of workspaces, bots and sources.
 */
export const visitorStores: Record<string, Eraser | 'goes with its session' | 'holds nothing of visitors'> = {
  sessions: ({ workspaceId, visitorId }) => sql`
    delete from sessions where workspace_id = ${workspaceId} and visitor_id = ${visitorId}
      and created_at <= (select erased_at from erased_visitors where workspace_id = ${workspaceId}
        and visitor_hash = ${fingerprint(workspaceId, visitorId)})`,
  turns: 'goes with its session',
  ...Object.fromEntries(
    [
      // Hashes.
      'erased_visitors',
      // What its writers put into it names a bot or a hash, never a visitor.
      'audit_events',
      'auth_accounts',
      'auth_sessions',
      'auth_users',
      'auth_verifications',
      'avatars',
      'bot_indexes',
      'bot_versions',
      'bots',
      'embedding_spaces',
      'holds',
      'invitations',
      'keys',
      'members',
      'model_credentials',
      'model_prices',
      'outbox',
      'owner_links',
      'pages',
      'passage_vectors',
      'passages',
      'personal_tokens',
      'postings',
      // Addresses of sites.
      'refused_origins',
      'signing_keys',
      'sources',
      'sync_changes',
      'syncs',
      'usage_months',
      'user_identities',
      'users',
      'workspace_creations',
      'workspaces',
    ].map((table) => [table, 'holds nothing of visitors' as const]),
  ),
}

/** Of an id that is a visitor's secret or a person's name elsewhere: tells whether it is the same one, and nothing else. */
export function fingerprint(workspaceId: WorkspaceId, id: string): string {
  return createHash('sha256').update(`${workspaceId}:${id}`).digest('hex')
}
/** The same in the database. */
const fingerprintOfVisitor = sql`encode(sha256(convert_to(s.workspace_id::text || ':' || s.visitor_id, 'UTF8')), 'hex')`

export interface Erased {
  sessions: SessionRef[]
  turns: number
}

/**
 * Erases all that a visitor said to any bot of the workspace, and remembers by hash that it was done: what comes back out of a
 * backup is erased again. Answers that are being written find themselves gone; the caller ends those of its own process.
 */
export async function eraseVisitor(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  visitorId: string,
  by: UserId,
): Promise<Erased> {
  const hash = fingerprint(workspaceId, visitorId)
  return db.transaction(async (tx) => {
    await tx.execute(sql`
      insert into erased_visitors (workspace_id, visitor_hash, erased_at)
      values (${workspaceId}, ${hash}, clock_timestamp())
      on conflict (workspace_id, visitor_hash) do update set erased_at = excluded.erased_at`)
    const { rows } = await tx.execute<{ botId: SessionRef['botId']; sessionId: string; turns: number }>(sql`
      select s.bot_id as "botId", s.session_id as "sessionId", (
        select count(*) from turns t
        where t.workspace_id = s.workspace_id and t.bot_id = s.bot_id and t.session_id = s.session_id
      ) as turns
      from sessions s where s.workspace_id = ${workspaceId} and s.visitor_id = ${visitorId}`)
    await eraseFromStores(tx, { workspaceId, visitorId })
    const turns = rows.reduce((sum, row) => sum + row.turns, 0)
    await recordEvent(tx, workspaceId, {
      userId: by,
      action: 'visitor.erased',
      target: { kind: 'visitor', id: hash },
      details: { conversations: rows.length, messages: turns },
    })
    return { sessions: rows.map(({ botId, sessionId }) => ({ workspaceId, botId, sessionId })), turns }
  })
}

async function eraseFromStores(tx: Db, visitor: Visitor): Promise<void> {
  for (const store of Object.values(visitorStores)) if (typeof store === 'function') await tx.execute(store(visitor))
}

/** Erases again what a backup, or a question that was being stored at that moment, has brought back. Returns how many visitors. */
export async function eraseReturned({ db }: { db: Db }): Promise<number> {
  const { rows } = await db.execute<Visitor & Record<string, unknown>>(sql`
    select distinct s.workspace_id as "workspaceId", s.visitor_id as "visitorId"
    from erased_visitors e join sessions s on s.workspace_id = e.workspace_id and s.visitor_id is not null
      and s.created_at <= e.erased_at and e.visitor_hash = ${fingerprintOfVisitor}`)
  for (const visitor of rows) await db.transaction((tx) => eraseFromStores(tx, visitor))
  return rows.length
}

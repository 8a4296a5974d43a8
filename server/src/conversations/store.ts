/** The SQL of sessions and turns. */
import type { Citation, StreamError } from '@mevichat/protocol/chat.ts'
import { and, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, KeyId, UserId, WorkspaceId } from '../platform/id.ts'
import { type AnswerTrace, sessions, type TurnEnd, turns } from './tables.ts'

/**
 * `isAbandoned`: nobody has given a sign of writing it for the length of its lease, by the database's clock; `isFresh`: it is
 * less than a second old.
 */
export type Turn = Omit<typeof turns.$inferSelect, 'trace'> & { isAbandoned: boolean; isFresh: boolean }
export type Session = Omit<typeof sessions.$inferSelect, 'lastTurnAt'>

/** Which conversation; every query names all three. */
export interface SessionRef {
  workspaceId: WorkspaceId
  botId: BotId
  sessionId: string
}

export interface NewTurn {
  question: string
  visitorId: string | null
  visitorMetadata: Record<string, unknown> | null
  keyId: KeyId | null
  userId: UserId | null
  idempotencyKey: string | null
}

/** How long a turn is believed to be alive without a sign of its writer; a sign comes each second. */
const leaseSeconds = 30
const lease = sql`now() + make_interval(secs => ${leaseSeconds})`
/** How much later a turn that nobody asks about is swept up: its writer may be back with the database. */
const sweepAfterSeconds = 60

function ofSession({ workspaceId, botId, sessionId }: SessionRef): SQL {
  return sql`workspace_id = ${workspaceId} and bot_id = ${botId} and session_id = ${sessionId}`
}

/** A question as its statement takes it. */
export type TurnValues = SessionRef & Omit<NewTurn, 'visitorMetadata'> & { visitorMetadata: string | null }

export function valuesOfTurn(ref: SessionRef, turn: NewTurn): TurnValues {
  const { question, visitorId, keyId, userId, idempotencyKey } = turn
  const { workspaceId, botId, sessionId } = ref
  const visitorMetadata = toJson(turn.visitorMetadata)
  return { workspaceId, botId, sessionId, question, visitorId, visitorMetadata, keyId, userId, idempotencyKey }
}

/**
 * The parts of a statement that stores the question; `turn` has the new `id`, and is empty, with nothing written, while
 * another turn of the session is open or has its Idempotency-Key.
 */
export function openTurnSql(turn: TurnValues): SQL {
  const { workspaceId, botId, sessionId, visitorId, visitorMetadata } = turn
  return sql`session as (
      insert into sessions (workspace_id, bot_id, session_id, visitor_id, visitor_metadata)
      values (${workspaceId}::uuid, ${botId}::uuid, ${sessionId}, ${visitorId}::text, ${visitorMetadata}::jsonb)
      on conflict do nothing
    ), turn as (
      insert into turns (workspace_id, bot_id, session_id, question_id, id, question, key_id, user_id, idempotency_key, lease_until)
      select ${workspaceId}, ${botId}, ${sessionId}, ids.question_id, nextval('turns_question_id_seq'),
        ${turn.question}, ${turn.keyId}::uuid, ${turn.userId}::uuid, ${turn.idempotencyKey}, ${lease}
      from (select nextval('turns_question_id_seq') as question_id) ids
      on conflict do nothing
      returning id
    ), known_session as (
      update sessions set
        last_turn_at = now(),
        visitor_id = coalesce(${visitorId}, visitor_id),
        visitor_metadata = coalesce(${visitorMetadata}::jsonb, visitor_metadata)
      from turn where ${ofSession(turn)}
    )`
}

/** Takes a turn back that was opened but may not be answered, and its session if it was the first. */
export async function deleteTurn(db: Db, ref: SessionRef, id: number): Promise<void> {
  await db.transaction(async (tx) => {
    // Whoever opens a turn of the session waits for the lock, or is seen.
    await tx.execute(sql`select 1 from sessions where ${ofSession(ref)} for update`)
    await tx.execute(sql`delete from turns where ${ofSession(ref)} and id = ${id} and ended_at is null`)
    await tx.execute(
      sql`delete from sessions where ${ofSession(ref)} and not exists (select 1 from turns where ${ofSession(ref)})`,
    )
  })
}

/** What a turn became. */
export interface TurnOutcome {
  answer: string
  tokenEnds: readonly number[]
  finishReason: TurnEnd
  citations: Citation[] | null
  trace: AnswerTrace | null
  error: StreamError | null
}

/** An outcome as its statement takes it. */
export interface EndValues extends SessionRef {
  messageId: number
  answer: string
  tokenEnds: string
  finishReason: TurnEnd
  citations: string | null
  trace: string | null
  error: string | null
}

export function valuesOfEnd(ref: SessionRef, messageId: number, outcome: TurnOutcome): EndValues {
  const { answer, finishReason } = outcome
  const { workspaceId, botId, sessionId } = ref
  const [citations, trace, error] = [toJson(outcome.citations), toJson(outcome.trace), toJson(outcome.error)]
  const tokenEnds = toArray(outcome.tokenEnds)
  return { workspaceId, botId, sessionId, messageId, answer, tokenEnds, finishReason, citations, trace, error }
}

/** The part `closed` of a statement that ends the turn: one row, or none when it had ended or is gone. */
export function closeTurnSql(end: EndValues): SQL {
  return sql`closed as (
      update turns set answer = ${end.answer}, token_ends = ${end.tokenEnds}::int[],
        finish_reason = ${end.finishReason}, citations = ${end.citations}::jsonb,
        trace = ${end.trace}::jsonb, error = ${end.error}::jsonb, ended_at = now()
      where ${ofSession(end)} and id = ${end.messageId} and ended_at is null
      returning 1
    )`
}

function toArray(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`
}

function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

export interface Progress {
  workspaceId: WorkspaceId
  id: number
  answer: string
  tokenEnds: readonly number[]
}

export interface Sign {
  id: number
  /** Somebody asked to stop it. */
  isStopped: boolean
  /** Its key was revoked or its workspace suspended. */
  isRevoked: boolean
}

/** Keeps what was written so far and renews the leases. A turn that is missing from the answer has ended or is gone. */
export async function keepProgress(db: Db, progress: readonly Progress[]): Promise<Sign[]> {
  const signs: Sign[] = []
  for (const batch of batchesOf(progress)) signs.push(...(await keepBatch(db, batch)))
  return signs
}

/** What one statement carries: PostgreSQL refuses a value of 256 MB, and the event loop waits while it is made. */
const maxBatchChars = 1_000_000

function* batchesOf(progress: readonly Progress[]): Generator<Progress[]> {
  let batch: Progress[] = []
  let chars = 0
  for (const one of progress) {
    if (batch.length > 0 && chars + one.answer.length > maxBatchChars) {
      yield batch
      batch = []
      chars = 0
    }
    batch.push(one)
    chars += one.answer.length
  }
  if (batch.length > 0) yield batch
}

async function keepBatch(db: Db, progress: readonly Progress[]): Promise<Sign[]> {
  const rows = JSON.stringify(progress.map(({ tokenEnds, ...kept }) => ({ ...kept, ends: toArray(tokenEnds) })))
  const result = await db.execute<Sign & Record<string, unknown>>(sql`
    update turns t set answer = p.answer, token_ends = p.ends::int[], lease_until = ${lease}
    from jsonb_to_recordset(${rows}::jsonb) as p("workspaceId" uuid, id bigint, answer text, ends text),
      workspaces w
    where t.workspace_id = p."workspaceId" and t.id = p.id and t.ended_at is null and w.id = t.workspace_id
    returning t.id as "id", t.stop_requested_at is not null as "isStopped",
      w.suspended_at is not null or exists (
        select 1 from keys k where k.workspace_id = t.workspace_id and k.id = t.key_id and k.revoked_at is not null
      ) as "isRevoked"`)
  return result.rows
}

/** Ends turns whose writer has given no sign for the length of a lease, in one session or, later, in all; or all that are open. Returns how many. */
export async function endAbandoned(db: Db, which: 'expired' | 'all', ref?: SessionRef): Promise<number> {
  const { rowCount } = await db.execute(sql`
    update turns set finish_reason = 'incomplete', ended_at = now(),
      error = '{"code":"internal_error","message":"The answer was interrupted."}'
    where ended_at is null and ${which === 'all' ? sql`true` : sql`lease_until < now() - make_interval(secs => ${ref ? 0 : sweepAfterSeconds})`} and ${ref ? ofSession(ref) : sql`true`}`)
  return rowCount ?? 0
}

/** False when there is no such turn. */
export async function markStopped(db: Db, ref: SessionRef, id: number): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    update turns set stop_requested_at = coalesce(stop_requested_at, now()) where ${ofSession(ref)} and id = ${id}`)
  return rowCount === 1
}

/** What the visitor thinks of an answer: 1 helpful, -1 not, null nothing (any more). False when there is no such turn. */
export async function rateTurn(db: Db, ref: SessionRef, id: number, rating: 1 | -1 | null): Promise<boolean> {
  const { rowCount } = await db.execute(sql`update turns set rating = ${rating} where ${ofSession(ref)} and id = ${id}`)
  return rowCount === 1
}

/** Removes a session with its turns; an answer that is being written finds itself gone. False when there is no such session. */
export async function deleteSession(db: Db, ref: SessionRef): Promise<boolean> {
  const { rowCount } = await db.execute(sql`delete from sessions where ${ofSession(ref)}`)
  return rowCount === 1
}

const { trace: _, ...plainColumns } = getTableColumns(turns)
const turnColumns = {
  ...plainColumns,
  isAbandoned: sql<boolean>`ended_at is null and lease_until < now()`,
  isFresh: sql<boolean>`created_at > now() - interval '1 second'`,
}

export async function selectTurn(db: Db, ref: SessionRef, id: number): Promise<Turn | null> {
  const [turn] = await db
    .select(turnColumns)
    .from(turns)
    .where(and(ofSession(ref), eq(turns.id, id)))
  return turn ?? null
}

/** Why the answer is what it is; null when nothing was searched for it or there is no such turn. */
export async function selectTrace(db: Db, ref: SessionRef, id: number): Promise<AnswerTrace | null> {
  const [turn] = await db
    .select({ trace: turns.trace })
    .from(turns)
    .where(and(ofSession(ref), eq(turns.id, id)))
  return turn?.trace ?? null
}

/** The newest turn under an Idempotency-Key of the last 24 hours. */
export async function selectTurnByIdempotencyKey(
  db: Db,
  ref: SessionRef,
  keyId: KeyId,
  key: string,
): Promise<Turn | null> {
  const [turn] = await db
    .select(turnColumns)
    .from(turns)
    .where(
      and(
        ofSession(ref),
        eq(turns.idempotencyKey, key),
        eq(turns.keyId, keyId),
        sql`created_at > now() - interval '24 hours'`,
      ),
    )
    .orderBy(desc(turns.id))
    .limit(1)
  return turn ?? null
}

/** An Idempotency-Key is remembered for 24 hours. */
export async function forgetIdempotencyKey(db: Db, ref: SessionRef, key: string): Promise<number> {
  const { rowCount } = await db.execute(sql`
    update turns set idempotency_key = null
    where ${ofSession(ref)} and idempotency_key = ${key} and created_at <= now() - interval '24 hours'`)
  return rowCount ?? 0
}

export interface Exchange {
  question: string
  answer: string
}

const maxHistoryTurns = 20
/** Of a longer answer the beginning is read: that, too, is more than any prompt has room for. */
const maxHistoryChars = 20_000

/**
 * The column `history` of a statement: the last answered turns of the session, or of those before one, newest first, as
 * JSON; null without any.
 */
export function historySql(ref: SessionRef, beforeId: number | null = null): SQL {
  return sql`(
      select json_agg(json_build_object('question', question, 'answer', left(answer, ${maxHistoryChars})) order by id desc) from (
        select id, question, answer from turns
        where ${ofSession(ref)} and finish_reason in ('stop', 'length', 'cancelled') and answer <> ''
          ${beforeId === null ? sql`` : sql`and id < ${beforeId}`}
        order by id desc limit ${maxHistoryTurns}
      ) answered
    ) as history`
}

/** Of several sessions with this id in the workspace the one written last, or the one of `botId`. */
export async function selectSession(
  db: Db,
  workspaceId: WorkspaceId,
  sessionId: string,
  botId: BotId | null,
): Promise<Session | null> {
  const [session] = await db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.workspaceId, workspaceId),
        eq(sessions.sessionId, sessionId),
        botId === null ? undefined : eq(sessions.botId, botId),
      ),
    )
    .orderBy(desc(sessions.lastTurnAt))
    .limit(1)
  return session ?? null
}

const batchTurns = 200

/** The turns of a session, oldest first. No connection is held between two batches. */
export async function* selectTurnsInBatches(db: Db, ref: SessionRef): AsyncGenerator<Turn[]> {
  let lastId = 0
  for (;;) {
    const batch = await db
      .select(turnColumns)
      .from(turns)
      .where(and(ofSession(ref), sql`id > ${lastId}`))
      .orderBy(turns.id)
      .limit(batchTurns)
    if (batch.length > 0) yield batch
    lastId = batch.at(-1)?.id ?? lastId
    if (batch.length < batchTurns) return
  }
}

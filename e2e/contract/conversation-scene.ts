/** A workspace's conversations as its people ask for them, and some that were had long ago. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeEach, expect } from 'vitest'
import type { Tenant, TestApp } from '../../server/testing/app.ts'
import type { Answer } from '../../server/testing/http.ts'
import { bearer, get } from './scene.ts'

export interface Item {
  session_id: string
  turns: number
  [field: string]: unknown
}
export type Listed = { conversations: Item[]; next_cursor: string | null }

export interface StoredTurn {
  session?: string
  visitor?: string | null
  metadata?: object
  question?: string
  answer?: string
  finish?: string
  rating?: number
  isUnknown?: boolean
  playground?: boolean
  /** Days. */
  ago?: number
}

export const pathOf = ({ botId }: Pick<Tenant, 'botId'>, rest = '') => `bots/${botId}/conversations/${rest}`
export const idsOf = ({ conversations }: Listed) => conversations.map(({ session_id }) => session_id)

export function expectInvalid(answer: Answer) {
  expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }])
}

/** For the tests of the `describe` that calls this. */
export function useConversations(app: () => TestApp) {
  const tokens = new Map<string, Promise<string>>()
  // Each person may ask so often in a minute.
  beforeEach(() => tokens.clear())

  function tokenOf({ workspaceId }: Pick<Tenant, 'workspaceId'>, role: 'viewer' | 'admin'): Promise<string> {
    const known =
      tokens.get(workspaceId + role) ??
      app()
        .member(workspaceId, role)
        .then(({ token }) => token)
    tokens.set(workspaceId + role, known)
    return known
  }
  async function ask(tenant: Tenant, path: string, method = 'GET'): Promise<Answer> {
    const role = method === 'GET' ? 'viewer' : 'admin'
    const headers = bearer(await tokenOf(tenant, role))
    return get(app(), `/api/workspaces/${tenant.workspaceId}/${path}`, { method, headers })
  }
  async function list(tenant: Tenant, query: Record<string, string | number> = {}): Promise<Listed> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    const answer = await ask(tenant, pathOf(tenant, `?${search}`))
    expect([answer.status, answer.body]).toEqual([200, answer.body])
    return answer.json as Listed
  }

  /** As if it had been said so long ago; gives the session. */
  async function store({ workspaceId, botId, keyId }: Tenant, stored: StoredTurn): Promise<string> {
    const { session = randomUUID(), visitor = null, metadata = null, ago = 0, isUnknown = false } = stored
    const { question = 'What?', answer = 'That.', finish = 'stop', rating = null, playground = false } = stored
    const at = sql`now() - make_interval(secs => ${ago * 86_400})`
    const json = metadata && JSON.stringify(metadata)
    const trace = isUnknown ? JSON.stringify({ isUnknown }) : null
    await app().ports.db.execute(sql`
      with session as (
        insert into sessions (workspace_id, bot_id, session_id, visitor_id, visitor_metadata, created_at, last_turn_at)
        values (${workspaceId}, ${botId}, ${session}, ${visitor}, ${json}::jsonb, ${at}, ${at})
        on conflict (workspace_id, bot_id, session_id) do update set last_turn_at = excluded.last_turn_at
      )
      insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, rating, key_id, trace,
        created_at, ended_at, lease_until)
      values (${workspaceId}, ${botId}, ${session}, nextval('turns_question_id_seq'), ${question}, ${answer}, ${finish},
        ${rating}, ${playground ? null : keyId}, ${trace}::jsonb, ${at}, ${at}, now())`)
    return session
  }

  async function eventsOf({ workspaceId }: Tenant) {
    const { rows } = await app().ports.db.execute(sql`
      select action, target_kind as kind, details from audit_events where workspace_id = ${workspaceId} order by id`)
    return rows
  }

  return { tokenOf, ask, list, store, eventsOf }
}

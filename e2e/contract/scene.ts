/** What these tests stand on: an app of the file's own, a tenant whose bot has something to say, and short ways to ask and look. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect } from 'vitest'
import { indexPage } from '../../server/src/knowledge/knowledge.ts'
import { newId, type PageId, type SourceId } from '../../server/src/platform/id.ts'
import { pages, sources } from '../../server/src/sources/tables.ts'
import { freshAddress, startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { type Lane, lanes } from '../../server/testing/database.ts'
import { type Answer, type OpenStream, openStream, type SendOptions, send } from '../../server/testing/http.ts'

export type AppOptions = Parameters<typeof startApp>[1]
type TenantOptions = Parameters<TestApp['tenant']>[0]

/** An app for the tests of the `describe` that calls this; for rules of HTTP alone one lane is enough. */
export function useApp(lane: Lane | undefined = lanes[0], options: AppOptions = {}): () => TestApp {
  let app: TestApp | undefined
  beforeAll(async () => {
    if (lane) app = await startApp(lane, options)
  })
  afterAll(() => app?.[Symbol.asyncDispose]())
  return () => {
    if (!app) throw new Error('the app has not started')
    return app
  }
}

/** A second server on the database of the first. */
export function beside(app: TestApp): Lane {
  return { name: 'PostgreSQL', open: async () => ({ ...app.database, async [Symbol.asyncDispose]() {} }) }
}

export interface Passage {
  text: string
  title?: string
  url?: string | null
}

export const refunds = 'A refund takes five working days after the parcel has come back to us.'
/** Near enough to `refunds` for the model to be asked. */
export const question = 'How many working days does a refund take after the parcel has come back?'

/** A tenant whose bot knows `passages`, so that a question about them reaches its model. */
export async function knowing(
  app: TestApp,
  options: TenantOptions = {},
  passages: Passage[] = [{ text: refunds }],
): Promise<Tenant> {
  const tenant = await app.tenant(options)
  for (const passage of passages) await learn(app, tenant, passage)
  return tenant
}

async function learn({ ports }: TestApp, { workspaceId, botId }: Tenant, passage: Passage): Promise<void> {
  const { text, title = 'Refunds', url = null } = passage
  const sourceId = newId<SourceId>()
  const pageId = newId<PageId>()
  await ports.db.insert(sources).values({ workspaceId, botId, id: sourceId, kind: 'text', content: text, url })
  await ports.db.insert(pages).values({ workspaceId, botId, sourceId, id: pageId, title, url, language: 'en' })
  const embeddings = await ports.models.embeddingModel(null)
  const page = { pageId, title, url, language: 'en' }
  await indexPage({ db: ports.db, embeddings }, workspaceId, botId, page, [{ headings: [], text, tokens: 20 }])
}

let models = 0

/** A model of its own for one bot, that replies so: the model server reads it from the model's name. */
export function replying(mode: string, settings: Record<string, string | number> = {}): { chatModel: string } {
  models++
  const query = Object.entries({ ...settings, name: models }).map(([key, value]): [string, string] => [
    key,
    String(value),
  ])
  return { chatModel: `openai:mode:${mode}?${new URLSearchParams(query)}` }
}

export type ChatBody = Record<string, unknown> & { public_key: string; session_id: string; message: string }

/** A request that passes every check, but for what is said otherwise; `undefined` leaves a field out. */
export function turn({ publicKey }: Pick<Tenant, 'publicKey'>, fields: Record<string, unknown> = {}): ChatBody {
  return { public_key: publicKey, session_id: randomUUID(), message: question, ...fields }
}

/** From an address of its own unless one is named. */
export function post(
  app: TestApp,
  path: string,
  body: SendOptions['body'],
  options: SendOptions = {},
): Promise<Answer> {
  return send(app.url + path, {
    method: 'POST',
    localAddress: freshAddress(),
    ...(body !== undefined && { body }),
    ...options,
  })
}

export function get(app: TestApp, path: string, options: SendOptions = {}): Promise<Answer> {
  return send(app.url + path, { localAddress: freshAddress(), ...options })
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

export function stop(app: TestApp, { public_key, session_id }: ChatBody, messageId: unknown): Promise<Answer> {
  return post(app, '/api/chat/stop/', { public_key, session_id, message_id: messageId })
}

/** Follows an answer from after `lastEventId`. */
export function resume(
  app: TestApp,
  { public_key, session_id }: ChatBody,
  messageId: number,
  lastEventId?: number,
): Promise<OpenStream> {
  const query = new URLSearchParams({ public_key, session_id, message_id: String(messageId) })
  return openStream(`${app.url}/api/chat/stream/?${query}`, {
    method: 'GET',
    localAddress: freshAddress(),
    headers: lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
  })
}

export function expectRefusal(answer: Pick<Answer, 'status' | 'body'>, status: number, code: string, field = 'error') {
  expect([answer.status, answer.body]).toEqual([status, JSON.stringify({ [field]: code })])
}

/** This month's counted replies and those still held. */
export async function usageOf(
  { ports }: TestApp,
  { workspaceId }: Tenant,
): Promise<{ used: number; reserved: number }> {
  const { rows } = await ports.db.execute<{ used: number; reserved: number }>(
    sql`select used, reserved from usage_months where workspace_id = ${workspaceId}`,
  )
  return rows[0] ?? { used: 0, reserved: 0 }
}

export interface StoredTurn extends Record<string, unknown> {
  id: number
  question: string
  answer: string
  finish: string | null
}

export async function turnsOf({ ports }: TestApp, { workspaceId }: Tenant): Promise<StoredTurn[]> {
  const { rows } = await ports.db.execute<StoredTurn>(
    sql`select id, question, answer, finish_reason as finish from turns where workspace_id = ${workspaceId} order by id`,
  )
  return rows
}

/** What was sent to the model for bots of this model's name. */
export function callsTo(app: TestApp, { chatModel }: { chatModel: string }) {
  return app.models.chatCalls().filter(({ model }) => `openai:${model}` === chatModel)
}

/** One of everything that a workspace can hold, all under one name. */
import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { turns } from '../../server/src/conversations/tables.ts'
import { refusedOrigins } from '../../server/src/keys/tables.ts'
import { indexPage } from '../../server/src/knowledge/knowledge.ts'
import { newId, type PageId, type SourceId, type SyncId } from '../../server/src/platform/id.ts'
import { pages, sources, syncChanges, syncs } from '../../server/src/sources/tables.ts'
import { bearer, post, turn } from '../contract/scene.ts'
import type { DashboardScene } from './scene.ts'

export interface Furnished {
  sourceId: SourceId
  pageId: PageId
  sessionId: string
}

/** Of several, the first (`at` 0) has the invitation: only so many are sent in a day. */
export async function furnish({ app, tenant }: DashboardScene, name: string, at = 0): Promise<Furnished> {
  const { workspaceId, botId, keyId } = tenant
  const { db } = app.ports
  const bot = { workspaceId, botId }
  const sourceId = newId<SourceId>()
  const pageId = newId<PageId>()
  const syncId = newId<SyncId>()
  const source = { ...bot, sourceId }
  const ended = { startedAt: new Date(), endedAt: new Date() }
  await db.insert(sources).values({
    ...{ ...bot, id: sourceId, kind: 'website', state: 'failed', reason: name, title: name, url: name },
    syncedAt: new Date(),
  })
  await db.insert(pages).values({
    ...{ ...source, id: pageId, title: name, url: name, address: name, state: 'failed', reason: name },
    ...{ markdown: name, fetchedAt: new Date(), httpStatus: 200 },
  })
  await db.insert(pages).values({ ...source, id: newId(), title: name, state: 'indexed' })
  await db
    .insert(syncs)
    .values({ ...source, ...ended, id: syncId, state: 'failed', reason: name, added: 1, changed: 1, removed: 1 })
  for (const change of ['added', 'changed', 'removed'] as const)
    await db.insert(syncChanges).values({ ...source, syncId, change, pageId: newId(), title: name, url: name })
  const embeddings = await app.ports.models.embeddingModel(null)
  const page = { pageId, title: name, url: name, language: 'en' }
  await indexPage({ db, embeddings }, workspaceId, botId, page, [{ headings: [name], text: name, tokens: 20 }])
  await db.insert(refusedOrigins).values({ workspaceId, keyId, origin: name }).onConflictDoNothing()

  const session = turn(tenant, {
    message: name,
    visitor_id: name,
    visitor_metadata: { [name]: name, page: name },
    session_id: randomUUID(),
  })
  await app.chat(session)
  await db
    .update(turns)
    .set({ answer: `${name} [1]`, citations: [{ index: 1, title: name, url: name, quote: name }], rating: -1 })
    .where(and(eq(turns.workspaceId, workspaceId), eq(turns.sessionId, session.session_id)))

  const { token } = await app.member(workspaceId, 'owner')
  const add = async (path: string, body: object) => {
    const answer = await post(app, `/api/workspaces/${workspaceId}/${path}/`, body, { headers: bearer(token) })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  }
  await add(`bots/${botId}/sources`, { kind: 'qa', question: name, answer: name })
  await add(`bots/${botId}/keys`, { name, domains: ['shop.example'] })
  await add('credentials', { provider: 'openai', name: name.slice(0, 100), key: 'sk-of-our-own' })
  await add('prices', {
    model: `openai:${name}`.replace(/\p{Cc}/gu, ' ').slice(0, 200),
    input: '1',
    output: '2',
    currency: 'USD',
  })
  if (at === 0) await add('invitations', { email: 'winter@example.com', role: 'viewer' })
  return { sourceId, pageId, sessionId: session.session_id }
}

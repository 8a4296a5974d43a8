/** The demo: a bot that knows this project's guide, for the page at `/`. */
import { sql } from 'drizzle-orm'
import { saveBot } from '../bots/bots.ts'
import { type GuidePage, readGuide } from '../guide/guide.ts'
import { saveKey } from '../keys/keys.ts'
import type { Db } from '../platform/db/db.ts'
import type { BotId, SourceId, WorkspaceId } from '../platform/id.ts'
import { addSource, listSources, removeSource } from '../sources/sources.ts'
import { saveWorkspace } from '../workspaces/workspaces.ts'

export interface DemoPorts {
  db: Db
  publicUrl: string
}

export interface Demo {
  workspaceId: WorkspaceId
  botId: BotId
  publicKey: string
}

/** The same everywhere, so that every start finds them. */
const workspaceId = '5f3b1c52-8a0e-4a8e-9d51-2f6b0c7d4e10' as WorkspaceId
const botId = '0c9e6d1a-47b2-4f3c-8e5d-b1a27f60c3d4' as BotId

/** By the page of the guide that answers it, with the built-in model too. These pages are read first. */
export const demoQuestions = {
  keys: 'How does a public key work?',
  quotas: 'What happens when the quota is used up?',
  answers: 'When does the bot say that it does not know?',
}

const bot = {
  name: 'Mevichat',
  greeting: 'Hello! I answer questions about Mevichat, from its own guide. Every answer shows where it comes from.',
  suggestedQuestions: Object.values(demoQuestions),
}

/** Makes workspace, bot and key where they are missing. Processes that start at the same time take turns. */
export async function openDemo({ db, publicUrl }: DemoPorts): Promise<Demo> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('mevichat demo'))`)
    await saveWorkspace({ db: tx }, { id: workspaceId, name: 'Mevichat demo', plan: 'unlimited', isSuspended: false })
    await saveBot({ db: tx }, workspaceId, bot, botId)
    const domains = [...new Set([new URL(publicUrl).hostname, '127.0.0.1', 'localhost', '[::1]'])]
    const { publicKey } = await saveKey({ db: tx }, workspaceId, botId, {
      name: 'Demo site',
      domains,
      isRevoked: false,
    })
    return { workspaceId, botId, publicKey }
  })
}

/** Brings the demo's knowledge up to the guide of this version: pages that have changed are read again. */
export async function seedDemo(ports: DemoPorts): Promise<void> {
  const [{ workspaceId, botId }, guide] = await Promise.all([openDemo(ports), readGuide()])
  const isFirst = ({ name }: GuidePage) => Number(name in demoQuestions)
  const kept = new Set<SourceId>()
  for (const { title, markdown, path } of guide.toSorted((one, other) => isFirst(other) - isFirst(one))) {
    kept.add(await addSource(ports, workspaceId, botId, { kind: 'markdown', title, content: markdown, url: path }))
  }
  for (const { id } of await listSources(ports, workspaceId, botId)) {
    if (!kept.has(id)) await removeSource(ports, workspaceId, botId, id)
  }
}

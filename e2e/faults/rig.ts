/** A database that outlives its server processes, with a model server and an issuer beside it: what faults are tried on. */
import { randomBytes, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { saveBot } from '../../server/src/bots/bots.ts'
import { saveUser } from '../../server/src/identity/identity.ts'
import { saveKey } from '../../server/src/keys/keys.ts'
import type { PlanName } from '../../server/src/plans/plans.ts'
import type { Db } from '../../server/src/platform/db/db.ts'
import type { BotId, WorkspaceId } from '../../server/src/platform/id.ts'
import { saveMember, saveWorkspace } from '../../server/src/workspaces/workspaces.ts'
import { freshAddress } from '../../server/testing/app.ts'
import { createDatabase, type Lane, newPgliteDir } from '../../server/testing/database.ts'
import { type Answer, type OpenStream, openStream, send } from '../../server/testing/http.ts'
import { startIssuer, type TestIssuer } from '../../server/testing/issuer.ts'
import { type ModelServer, startModelServer } from '../../server/testing/model-server.ts'
import { type ServerProcess, startServer } from '../../server/testing/process.ts'

export interface Rig extends AsyncDisposable {
  models: ModelServer
  issuer: TestIssuer
  env: Record<string, string>
  /** On PGlite there is one role, `all`. */
  start(role?: 'all' | 'web', env?: Record<string, string>): Promise<ServerProcess>
}

export async function openRig(lane: Pick<Lane, 'name'>): Promise<Rig> {
  await using opened = new AsyncDisposableStack()
  const models = opened.use(await startModelServer())
  const issuer = opened.use(await startIssuer())
  const env = {
    ...(lane.name === 'PGlite' ? embedded(opened) : await external(opened)),
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${models.url}/v1`,
    MEVICHAT_CHAT_MODEL: 'openai:test-model',
    MEVICHAT_JWT_ISSUER: issuer.issuer,
    MEVICHAT_JWKS_URL: issuer.jwksUrl,
  }
  const resources = opened.move()
  return {
    models,
    issuer,
    env,
    async start(role = lane.name === 'PGlite' ? 'all' : 'web', more = {}) {
      return resources.use(await startServer(role, { ...env, ...more }))
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function embedded(opened: AsyncDisposableStack): Record<string, string> {
  const dataDir = newPgliteDir()
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  return { MEVICHAT_DATA_DIR: dataDir }
}

async function external(opened: AsyncDisposableStack): Promise<Record<string, string>> {
  const { databaseUrl, drop } = await createDatabase(process.env.TEST_DATABASE_URL ?? '')
  opened.defer(drop)
  return { DATABASE_URL: databaseUrl, ...secrets() }
}

export function secrets(): Record<'MEVICHAT_SIGNING_KEY' | 'MEVICHAT_ENCRYPTION_KEY', string> {
  const secret = () => randomBytes(32).toString('base64')
  return { MEVICHAT_SIGNING_KEY: secret(), MEVICHAT_ENCRYPTION_KEY: secret() }
}

export interface Tenant {
  workspaceId: WorkspaceId
  botId: BotId
  publicKey: string
}

/** A workspace whose bot knows nothing, so that it asks its model whatever the question is. */
export async function newTenant(db: Db, plan: PlanName = 'unlimited'): Promise<Tenant> {
  const workspaceId = await saveWorkspace({ db }, { name: randomUUID(), plan, isSuspended: false })
  const botId = await saveBot({ db }, workspaceId, { name: 'Bot' })
  const { publicKey } = await saveKey({ db }, workspaceId, botId, { name: 'Site', domains: [], isRevoked: false })
  return { workspaceId, botId, publicKey }
}

/** The token of a new owner. */
export async function ownerToken({ issuer }: Rig, db: Db, { workspaceId }: Tenant): Promise<string> {
  const sub = randomUUID()
  const userId = await saveUser({ db }, { issuer: issuer.issuer, subject: sub, email: null, name: null })
  await saveMember({ db }, workspaceId, userId, 'owner')
  return issuer.token({ sub, workspace: workspaceId })
}

export interface Asked {
  sessionId: string
  stream: OpenStream
}

/** One question from a client of its own. */
export async function ask(
  { url }: { url: string },
  { publicKey }: Tenant,
  { sessionId = randomUUID(), headers = {} }: { sessionId?: string; headers?: Record<string, string> } = {},
): Promise<Asked> {
  const body = { public_key: publicKey, session_id: sessionId, message: 'What is your refund policy?' }
  const stream = await openStream(`${url}/api/chat/`, { body, headers, localAddress: freshAddress() })
  return { sessionId, stream }
}

export function askMany(count: number, server: { url: string }, tenant: Tenant): Promise<Asked[]> {
  return Promise.all(Array.from({ length: count }, () => ask(server, tenant)))
}

export function get({ url }: { url: string }, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(`${url}${path}`, { headers, localAddress: freshAddress() })
}

const deadlineMs = 90_000

/** Asks again until it is so; what it is instead is said after a generous while. */
export async function until<T>(what: string, look: () => T | Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (isSo(found)) return found
    if (performance.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(found)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The whole web app in the test's own process, on a database of its own, with a model server and an issuer beside it. */
import { randomUUID } from 'node:crypto'
import { type BotSettings, saveBot } from '../src/bots/bots.ts'
import { readConfig } from '../src/config.ts'
import { saveUser } from '../src/identity/identity.ts'
import { saveKey } from '../src/keys/keys.ts'
import type { PlanName } from '../src/plans/plans.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { BotId, KeyId, UserId, WorkspaceId } from '../src/platform/id.ts'
import { type Log, silentLog } from '../src/platform/log.ts'
import { openPorts, type Ports } from '../src/ports.ts'
import { createWeb, type Web } from '../src/web.ts'
import { type Role, saveMember, saveWorkspace } from '../src/workspaces/workspaces.ts'
import type { Lane, TestDatabase } from './database.ts'
import { type OpenStream, openStream, parseEvents, type StreamEvent, send } from './http.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'
import { type ModelServer, startModelServer } from './model-server.ts'

export interface Tenant {
  workspaceId: WorkspaceId
  botId: BotId
  keyId: KeyId
  publicKey: string
}

export interface TestApp extends AsyncDisposable {
  url: string
  ports: Ports
  web: Web
  models: ModelServer
  issuer: TestIssuer
  database: TestDatabase
  /** A workspace with a bot and a key that takes any origin, but for what is asked otherwise. */
  tenant(options?: { plan?: PlanName; domains?: string[]; bot?: Partial<BotSettings> }): Promise<Tenant>
  /** A member with a token. */
  member(workspaceId: WorkspaceId, role: Role): Promise<{ userId: UserId; subject: string; token: string }>
  /** A token of our own issuer, for a member. */
  ownToken(userId: UserId, workspaceId: WorkspaceId): Promise<string>
  /** One turn from an address of its own, to its end. */
  chat(
    body: object,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: unknown; events: StreamEvent[] }>
  /** One turn whose events are looked at as they come. */
  openChat(body: object, headers?: Record<string, string>): Promise<OpenStream>
}

let addresses = 0

/** A loopback address that no other request of this process has used, so that rate limits do not meet. */
export function freshAddress(): string {
  addresses++
  return `127.${1 + ((addresses >> 15) & 127)}.${(addresses >> 7) & 255}.${1 + (addresses & 127)}`
}

export async function startApp(
  lane: Lane,
  options: { env?: Record<string, string>; clock?: Clock; log?: Log } = {},
): Promise<TestApp> {
  const stack = new AsyncDisposableStack()
  const models = stack.use(await startModelServer())
  const issuer = stack.use(await startIssuer())
  const database = stack.use(await lane.open())
  const config = readConfig({
    PORT: '0',
    MEVICHAT_DATA_DIR: database.dataDir,
    OPENAI_BASE_URL: `${models.url}/v1`,
    OPENAI_API_KEY: 'sk-test',
    MEVICHAT_CHAT_MODEL: 'openai:test-model',
    MEVICHAT_EMBEDDING_MODEL: 'openai:text-embedding-3-small',
    MEVICHAT_JWT_ISSUER: issuer.issuer,
    MEVICHAT_JWKS_URL: issuer.jwksUrl,
    MEVICHAT_DEMO: 'off',
    ...options.env,
  })
  const ports = stack.use(
    await openPorts(config, {
      log: options.log ?? silentLog,
      database,
      ...(options.clock && { clock: options.clock }),
    }),
  )
  const web = await createWeb(ports, { isDemo: config.isDemo })
  stack.defer(async () => {
    ports.liveTurns.cancelAll('server_restarting')
    await ports.liveTurns.whenIdle()
    web.app.server.closeAllConnections()
    await web.app.close()
  })
  const url = await web.app.listen({ port: 0, host: '127.0.0.1' })
  ports.publicUrl = url
  const chatUrl = `${url}/api/chat/`

  return {
    url,
    ports,
    web,
    models,
    issuer,
    database,
    async tenant({ plan = 'unlimited', domains = [], bot = {} } = {}) {
      const workspaceId = await saveWorkspace(ports, { name: `Workspace ${randomUUID()}`, plan, isSuspended: false })
      const botId = await saveBot(ports, workspaceId, { name: 'Bot', ...bot })
      const { id: keyId, publicKey } = await saveKey(ports, workspaceId, botId, {
        name: 'Site',
        domains,
        isRevoked: false,
      })
      return { workspaceId, botId, keyId, publicKey }
    },
    async member(workspaceId, role) {
      const subject = randomUUID()
      const userId = await saveUser(ports, { issuer: issuer.issuer, subject, email: null, name: null })
      await saveMember(ports, workspaceId, userId, role)
      return { userId, subject, token: await issuer.token({ sub: subject, workspace: workspaceId }) }
    },
    async ownToken(userId, workspaceId) {
      const { token } = await ports.issuer.sign({ userId, email: null, workspaceId, role: 'viewer' })
      return token
    },
    async chat(body, headers = {}) {
      const answer = await send(chatUrl, { method: 'POST', headers, body, localAddress: freshAddress() })
      return { status: answer.status, json: answer.json, events: answer.status === 200 ? parseEvents(answer.body) : [] }
    },
    openChat: (body, headers = {}) => openStream(chatUrl, { headers, body, localAddress: freshAddress() }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The HTTP app on one page: what every request passes, then each slice's doors. */
import { namesOfBotsWith, takeFromBots } from './bots/credential-choices.ts'
import { addBotRoutes } from './bots/routes.ts'
import { addPromptRoutes } from './chat/prompt-routes.ts'
import { addChatRoutes, type ChatRoutePorts } from './chat/routes.ts'
import { addOwnerConversationRoutes } from './conversations/owner-routes.ts'
import { addConversationRoutes } from './conversations/routes.ts'
import { addCredentialRoutes, type CredentialRoutePorts } from './credentials/routes.ts'
import { addHealthRoutes } from './health.ts'
import type { SignInDoorPorts } from './identity/doors.ts'
import { addSignInRoutes } from './identity/routes.ts'
import { addInsightRoutes } from './insights/routes.ts'
import { addInstallRoutes, type InstallRoutePorts } from './install/routes.ts'
import { addOwnerKeyRoutes } from './keys/owner-routes.ts'
import { addKeyRoutes } from './keys/routes.ts'
import { addKnowledgeRoutes, type KnowledgeRoutePorts } from './knowledge/routes.ts'
import { addOpenApiRoute } from './openapi.ts'
import { fail } from './platform/fail.ts'
import { createHttpApp, type HttpApp } from './platform/http/app.ts'
import { addOutboxRoute } from './platform/mail/routes.ts'
import { addPriceRoutes } from './prices/routes.ts'
import { addUsageRoutes } from './quota/routes.ts'
import { ownershipOf } from './seed/ownership.ts'
import { addSiteRoutes, type SitePorts } from './site/routes.ts'
import { addSourceRoutes, type SourceRoutePorts } from './sources/routes.ts'
import { addWorkspaceRoutes, type WorkspaceRoutePorts } from './workspaces/routes.ts'
import { addTokenRoutes, type TokenRoutePorts } from './workspaces/token-routes.ts'

export interface Web {
  app: HttpApp
  /** From now on new requests are refused; what is being answered goes on. */
  startDraining(): void
}

export type WebPorts = ChatRoutePorts &
  CredentialRoutePorts &
  SitePorts &
  SourceRoutePorts &
  KnowledgeRoutePorts &
  InstallRoutePorts &
  TokenRoutePorts &
  SignInDoorPorts &
  WorkspaceRoutePorts

export async function createWeb(ports: WebPorts, options: { isDemo: boolean }): Promise<Web> {
  let isDraining = false
  const app = createHttpApp(ports)
  // After `onRequest`, where a public endpoint sets its CORS headers: a page must be able to read that it shall come again.
  app.addHook('preValidation', async (request, reply) => {
    if (!isDraining || request.url.startsWith('/health/')) return
    reply.header('connection', 'close')
    throw fail('unavailable', { headers: { 'retry-after': '5' } })
  })
  addHealthRoutes(app, ports, () => isDraining)
  addSignInRoutes(app, ports, ownershipOf(ports, options))
  addOutboxRoute(app, ports)
  addChatRoutes(app, ports)
  addPromptRoutes(app, ports)
  addTokenRoutes(app, ports)
  addWorkspaceRoutes(app, ports)
  addUsageRoutes(app, ports)
  addBotRoutes(app, ports)
  addKeyRoutes(app, ports)
  addOwnerKeyRoutes(app, ports)
  addConversationRoutes(app, ports)
  addOwnerConversationRoutes(app, ports)
  addInsightRoutes(app, ports)
  addInstallRoutes(app, ports)
  addCredentialRoutes(app, ports, { namesOf: namesOfBotsWith, takeFrom: takeFromBots })
  addPriceRoutes(app, ports)
  addKnowledgeRoutes(app, ports)
  addSourceRoutes(app, ports)
  addOpenApiRoute(app, ports)
  await addSiteRoutes(app, ports, options)
  return {
    app,
    startDraining() {
      isDraining = true
    },
  }
}

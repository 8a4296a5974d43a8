/** What the tests of the dashboard stand on: an app with its front ends, somebody who is signed in, a bot with a past. */
import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { BotSettings } from '../../server/src/bots/bots.ts'
import type { UserId, WorkspaceId } from '../../server/src/platform/id.ts'
import { type Role, saveWorkspace } from '../../server/src/workspaces/workspaces.ts'
import { startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { knowing, type Passage, question, replying, turn } from '../contract/scene.ts'
import { ensureWidget } from '../widget-build.ts'

export interface DashboardScene extends AsyncDisposable {
  app: TestApp
  tenant: Tenant
  /** A browser's context in which a member of that role is signed in. */
  as(
    browser: Browser,
    role: Role,
    options?: Parameters<Browser['newContext']>[0],
    workspaceId?: WorkspaceId,
  ): Promise<BrowserContext>
  /** A workspace with nothing in it. */
  newWorkspace(): Promise<WorkspaceId>
  /** Where a place of the tenant's bot is. */
  place(name: string): string
}

const cookie = 'test-session'

interface SceneOptions {
  bot?: Partial<BotSettings>
  passages?: Passage[]
}

export async function openDashboard(
  env: Record<string, string> = {},
  { bot = replying('ok', { reply: 'A refund takes five working days. [1]' }), passages }: SceneOptions = {},
): Promise<DashboardScene> {
  await ensureWidget()
  const [lane] = lanes
  if (!lane) throw new Error('no lane')
  const app = await startApp(lane, { env })
  const people = new Map<string, UserId>()
  const { sessions } = app.ports
  // Signing in has tests of its own; here somebody is.
  app.ports.sessions = {
    async userOf(headers) {
      const [, id] = new RegExp(`${cookie}=([\\w-]+)`).exec(headers.cookie ?? '') ?? []
      return (id && people.get(id)) || sessions.userOf(headers)
    },
  }
  // These tests see more places in a minute than a person could.
  const { limiter } = app.ports
  app.ports.limiter = {
    take: (name, ...asked) => (name === 'api' ? Promise.resolve() : limiter.take(name, ...asked)),
  }
  const tenant = await knowing(app, { bot }, passages)
  return {
    app,
    tenant,
    async as(browser, role, options = {}, workspaceId = tenant.workspaceId) {
      const { userId } = await app.member(workspaceId, role)
      const id = randomUUID()
      people.set(id, userId)
      const context = await browser.newContext(options)
      await context.addCookies([{ name: cookie, value: id, url: app.url }])
      return context
    },
    newWorkspace: () => saveWorkspace(app.ports, { name: 'New', plan: 'unlimited', isSuspended: false }),
    place: (name) => `${app.url}/app/${tenant.workspaceId}/${tenant.botId}/${name}`,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

/** Some conversations: answered, not answered, rated. */
export async function converse({ app, tenant }: DashboardScene): Promise<void> {
  const asked = [question, 'Who won the football world cup in 1998?', 'How long does a refund take?']
  for (const message of asked)
    await app.chat(turn(tenant, { message, visitor_id: 'visitor-7', visitor_metadata: { plan: 'gold' } }))
}

/** What goes wrong in a page: errors of scripts and of the policy, and what the console says of either. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  return faults
}

/** Every address of the dashboard on one page. Each place is loaded when it is first opened. */
import type { PageAnswer } from '@mevichat/protocol/sources.ts'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { readFilter } from './conversations/filter.ts'
import { readRange } from './insights/range.ts'
import { Missing, Stumbled } from './stumble.tsx'

type PageState = PageAnswer['state']
const pageStates: readonly PageState[] = ['queued', 'fetched', 'indexed', 'unchanged', 'skipped', 'failed']

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing, errorComponent: Stumbled })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./workspaces/entrance.tsx'), 'Entrance'),
})

const workspace = createRoute({
  getParentRoute: () => root,
  path: '/$workspaceId',
  component: lazyRouteComponent(() => import('./shell/shell.tsx'), 'Shell'),
})

const newWorkspace = createRoute({
  getParentRoute: () => root,
  path: '/new',
  component: lazyRouteComponent(() => import('./workspaces/new-workspace.tsx'), 'NewWorkspace'),
})

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitations',
  component: lazyRouteComponent(() => import('./workspaces/invitation.tsx'), 'Invitation'),
})

const bots = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  component: lazyRouteComponent(() => import('./workspaces/bots.tsx'), 'Bots'),
})

const start = createRoute({
  getParentRoute: () => workspace,
  path: '/start',
  component: lazyRouteComponent(() => import('./start/start.tsx'), 'Start'),
})

const workspaceSettings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings',
  component: lazyRouteComponent(() => import('./settings/workspace-settings.tsx'), 'WorkspaceSettings'),
})
const general = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/',
  component: lazyRouteComponent(() => import('./settings/general.tsx'), 'General'),
})
const members = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/members',
  component: lazyRouteComponent(() => import('./settings/members.tsx'), 'Members'),
})
const usage = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/usage',
  component: lazyRouteComponent(() => import('./settings/usage.tsx'), 'Usage'),
})
const credentials = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/credentials',
  component: lazyRouteComponent(() => import('./settings/credentials.tsx'), 'Credentials'),
})
const prices = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/prices',
  // Of which model the form is open; an empty one is a new one.
  validateSearch: ({ model }): { model?: string } => (typeof model === 'string' ? { model } : {}),
  component: lazyRouteComponent(() => import('./settings/prices.tsx'), 'Prices'),
})
const tokens = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./settings/tokens.tsx'), 'Tokens'),
})
const audit = createRoute({
  getParentRoute: () => workspaceSettings,
  path: '/audit',
  validateSearch: ({ until }): { until?: string } =>
    typeof until === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(until) ? { until } : {},
  component: lazyRouteComponent(() => import('./settings/audit.tsx'), 'Audit'),
})

const bot = createRoute({ getParentRoute: () => workspace, path: '/$botId', component: Outlet })

const botHome = createRoute({
  getParentRoute: () => bot,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/$workspaceId/$botId/home', params })
  },
})

const overview = createRoute({
  getParentRoute: () => bot,
  path: '/home',
  component: lazyRouteComponent(() => import('./home/home.tsx'), 'Home'),
})

const knowledge = createRoute({
  getParentRoute: () => bot,
  path: '/knowledge',
  component: lazyRouteComponent(() => import('./knowledge/knowledge.tsx'), 'Knowledge'),
})
const sources = createRoute({
  getParentRoute: () => knowledge,
  path: '/',
  component: lazyRouteComponent(() => import('./knowledge/knowledge.tsx'), 'Sources'),
})
const answers = createRoute({
  getParentRoute: () => knowledge,
  path: '/answers',
  component: lazyRouteComponent(() => import('./knowledge/pairs.tsx'), 'Pairs'),
})
const tryQuestion = createRoute({
  getParentRoute: () => knowledge,
  path: '/try',
  validateSearch: ({ q }): { q?: string } => (typeof q === 'string' ? { q } : {}),
  component: lazyRouteComponent(() => import('./knowledge/search.tsx'), 'Search'),
})
const source = createRoute({
  getParentRoute: () => knowledge,
  path: '/$sourceId',
  component: lazyRouteComponent(() => import('./knowledge/source.tsx'), 'Source'),
})
const sourcePages = createRoute({
  getParentRoute: () => source,
  path: '/',
  validateSearch: ({ state, page }): { state?: PageState; page?: string } => ({
    ...(pageStates.includes(state as PageState) && { state: state as PageState }),
    ...(typeof page === 'string' && { page }),
  }),
  component: lazyRouteComponent(() => import('./knowledge/pages.tsx'), 'Pages'),
})
const sourceHistory = createRoute({
  getParentRoute: () => source,
  path: '/history',
  component: lazyRouteComponent(() => import('./knowledge/history.tsx'), 'History'),
})

const conversations = createRoute({
  getParentRoute: () => bot,
  path: '/conversations',
  validateSearch: readFilter,
  component: lazyRouteComponent(() => import('./conversations/conversations.tsx'), 'Conversations'),
})
const conversation = createRoute({
  getParentRoute: () => conversations,
  path: '/$sessionId',
  component: lazyRouteComponent(() => import('./conversations/conversation.tsx'), 'Conversation'),
})

const insights = createRoute({
  getParentRoute: () => bot,
  path: '/insights',
  validateSearch: readRange,
  component: lazyRouteComponent(() => import('./insights/insights.tsx'), 'Insights'),
})
const playground = createRoute({
  getParentRoute: () => bot,
  path: '/playground',
  validateSearch: ({ version }): { version?: 'live' } => (version === 'live' ? { version } : {}),
  component: lazyRouteComponent(() => import('./playground/playground.tsx'), 'Playground'),
})
const welcome = createRoute({
  getParentRoute: () => bot,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./start/welcome.tsx'), 'Welcome'),
})

const widget = createRoute({
  getParentRoute: () => bot,
  path: '/widget',
  component: lazyRouteComponent(() => import('./widget/widget.tsx'), 'Widget'),
})
const look = createRoute({
  getParentRoute: () => widget,
  path: '/',
  component: lazyRouteComponent(() => import('./widget/look.tsx'), 'Look'),
})
const keys = createRoute({
  getParentRoute: () => widget,
  path: '/keys',
  component: lazyRouteComponent(() => import('./widget/keys.tsx'), 'Keys'),
})
const install = createRoute({
  getParentRoute: () => widget,
  path: '/install',
  validateSearch: ({ url }): { url?: string } => (typeof url === 'string' ? { url } : {}),
  component: lazyRouteComponent(() => import('./widget/install.tsx'), 'Install'),
})

const botSettings = createRoute({
  getParentRoute: () => bot,
  path: '/settings',
  component: lazyRouteComponent(() => import('./settings/bot-settings.tsx'), 'BotSettings'),
})
const botDraft = createRoute({
  getParentRoute: () => botSettings,
  path: '/',
  component: lazyRouteComponent(() => import('./settings/bot-draft.tsx'), 'BotDraft'),
})
const moderation = createRoute({
  getParentRoute: () => botSettings,
  path: '/moderation',
  component: lazyRouteComponent(() => import('./settings/moderation.tsx'), 'Moderation'),
})
const versions = createRoute({
  getParentRoute: () => botSettings,
  path: '/versions',
  component: lazyRouteComponent(() => import('./settings/versions.tsx'), 'Versions'),
})
const botPrivacy = createRoute({
  getParentRoute: () => botSettings,
  path: '/privacy',
  component: lazyRouteComponent(() => import('./settings/bot-privacy.tsx'), 'BotPrivacy'),
})

const places = [
  botHome,
  welcome,
  insights,
  playground,
  widget.addChildren([look, keys, install]),
  botSettings.addChildren([botDraft, moderation, versions, botPrivacy]),
  overview,
  conversations.addChildren([conversation]),
  knowledge.addChildren([sources, answers, tryQuestion, source.addChildren([sourcePages, sourceHistory])]),
]

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    newWorkspace,
    invitation,
    workspace.addChildren([
      bots,
      start,
      workspaceSettings.addChildren([general, members, usage, credentials, prices, tokens, audit]),
      bot.addChildren(places),
    ]),
  ]),
  basepath: '/app',
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

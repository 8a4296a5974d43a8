/** Every address of the dashboard on one page. Each place is loaded when it is first opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { Missing, Stumbled } from './stumble.tsx'

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

const bots = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  component: lazyRouteComponent(() => import('./workspaces/bots.tsx'), 'Bots'),
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

export const router = createRouter({
  routeTree: root.addChildren([home, workspace.addChildren([bots, bot.addChildren([botHome, overview])])]),
  basepath: '/app',
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

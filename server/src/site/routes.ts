/** The doors that show pages: the demo site, the guide, the place of the dashboard, and the widget's files. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type Handler, type HttpApp } from '../platform/http/app.ts'
import type { Log } from '../platform/log.ts'
import type { DemoPorts } from '../seed/demo.ts'
import { type Asset, findFile, sendAsset } from './assets.ts'
import { sendDashboard } from './dashboard.ts'
import { createSite, siteFolder } from './site.ts'

export type SitePorts = DemoPorts & { log: Log }

export interface SiteOptions {
  isDemo: boolean
  /** Where the widget was built. */
  widgetFolder?: URL
  /** Likewise the dashboard. */
  dashboardFolder?: URL
}

const builtWidget = new URL('../../../widget/dist/', import.meta.url)
const builtDashboard = new URL('../../../dashboard/dist/', import.meta.url)

/** Nothing of a third party is loaded, nothing inline runs, nobody frames us. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const minutes5 = 'public, max-age=300'
const forever = 'public, max-age=31536000, immutable'

/** Without the demo `/` leads to the dashboard. */
export async function addSiteRoutes(app: HttpApp, ports: SitePorts, options: SiteOptions): Promise<void> {
  const { widgetFolder = builtWidget, dashboardFolder = builtDashboard } = options
  const site = createSite(ports, options)
  const get = (path: string, GET: Handler) => addEndpoint(app, ports, { path, methods: { GET } })

  get('/', async (request, reply) => {
    if (options.isDemo) return sendPage(request, reply, await site.demo())
    return reply.code(302).header('location', '/app/').header('cache-control', 'no-store').send()
  })
  for (const path of ['/app/', '/app/*']) {
    get(path, async (_request, reply) => sendDashboard(reply, dashboardFolder, 'index.html'))
  }
  get('/app/preview/', async (_request, reply) => sendDashboard(reply, dashboardFolder, 'preview.html'))
  get('/app/assets/:file', async (request, reply) =>
    sendFile(request, reply, new URL('assets/', dashboardFolder), paramOf(request, 'file'), forever),
  )
  get('/docs/', async (request, reply) => sendPage(request, reply, await site.guide('index')))
  get('/docs/:page/', async (request, reply) => {
    const page = await site.guide(paramOf(request, 'page'))
    return page ? sendPage(request, reply, page) : sendPage(request, reply.code(404), await site.missing())
  })
  for (const name of ['favicon.svg', 'robots.txt']) {
    get(`/${name}`, async (request, reply) => sendFile(request, reply, siteFolder, name, minutes5))
  }
  get('/site/:file', async (request, reply) => sendFile(request, reply, siteFolder, paramOf(request, 'file'), minutes5))
  get('/widget.js', async (request, reply) => sendFile(request, forAnyPage(reply), widgetFolder, 'widget.js', minutes5))
  get('/widget/:file', async (request, reply) =>
    sendFile(request, forAnyPage(reply), new URL('widget/', widgetFolder), paramOf(request, 'file'), forever),
  )
}

function sendPage(request: FastifyRequest, reply: FastifyReply, page: Asset | null): Promise<FastifyReply> {
  if (!page) throw fail('not_found')
  reply
    .header('content-security-policy', contentSecurityPolicy)
    .header('referrer-policy', 'strict-origin-when-cross-origin')
    .header('cache-control', 'no-cache')
  return sendAsset(request, reply, page)
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, folder: URL, name: string, caching: string) {
  const file = /^[\w-]+(\.[\w-]+)*$/.test(name) ? await findFile(new URL(name, folder)) : null
  if (!file) throw fail('not_found')
  return sendAsset(request, reply.header('cache-control', caching), file)
}

/** The widget's files are loaded by the pages of others. */
function forAnyPage(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin')
}

function paramOf(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? ''
}

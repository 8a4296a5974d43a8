/** Install owns what we can see of an owner's own page: how it looks, and whether the widget can run there. */
import type { InstallReport, SiteLook } from '@mevichat/protocol/install.ts'
import { and, eq } from 'drizzle-orm'
import { decodeHtml } from '../ingest/charset.ts'
import { allowsOrigin } from '../keys/keys.ts'
import { keys } from '../keys/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import { type Egress, type Fetched, FetchProblem, safeFetch } from '../platform/safe-fetch.ts'
import { obstaclesIn } from './content-policy.ts'
import { type PageFacts, readPageFacts, type Script } from './page-facts.ts'
import { lookOf } from './site-look.ts'

interface InstallPorts {
  db: Db
  egress: Egress
  publicUrl: string
}

/** Of a page; what it says of itself stands at its beginning. */
const limits = { maxBytes: 1_000_000, totalMs: 10_000 }

/** Throws `invalid_request`, in words, for an address that cannot be read. */
export async function lookAtSite({ egress }: Pick<InstallPorts, 'egress'>, address: string): Promise<SiteLook> {
  try {
    const page = await fetchPage(egress, address)
    return lookOf(page.facts, page.url)
  } catch (error) {
    if (error instanceof FetchProblem) throw fail('invalid_request', { cause: error, detail: error.message })
    throw error
  }
}

type Check = InstallReport['checks'][number]

/** What stands in the way of the widget of this bot on that page, check by check; nothing of the page is run. */
export async function checkInstall(
  ports: InstallPorts,
  workspaceId: WorkspaceId,
  botId: BotId,
  address: string,
): Promise<InstallReport> {
  let page: FoundPage
  try {
    page = await fetchPage(ports.egress, address)
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error
    return { url: withScheme(address), checks: [check('page', 'fail', error.message)] }
  }
  const checks = [check('page', 'pass', 'The page can be read.')]
  const serverOrigin = new URL(ports.publicUrl).origin
  const pageOrigin = new URL(page.url).origin
  const script = widgetScript(page.facts.scripts, page.url)
  checks.push(snippetCheck(page.facts, script, page.url, serverOrigin))

  const publicKey = script?.attributes['data-public-key'] ?? null
  const key = publicKey === null ? null : await findKeyOfBot(ports, workspaceId, botId, publicKey)
  checks.push(keyCheck(publicKey, key), originCheck(key, pageOrigin))
  checks.push(
    pageOrigin.startsWith('https:') && serverOrigin.startsWith('http:')
      ? check(
          'https',
          'fail',
          `The page is served over https, but Mevichat at ${serverOrigin} is not. Browsers block that: set up https and MEVICHAT_PUBLIC_URL.`,
        )
      : check('https', 'pass', 'Page and Mevichat go together.'),
  )
  checks.push(policyCheck(page, { serverOrigin, pageOrigin, nonce: script?.nonce ?? null }))
  return { url: page.url, checks }
}

type KeyOfBot = Pick<typeof keys.$inferSelect, 'name' | 'domains' | 'revokedAt'>

async function findKeyOfBot(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  botId: BotId,
  publicKey: string,
): Promise<KeyOfBot | null> {
  const [key] = await db
    .select({ name: keys.name, domains: keys.domains, revokedAt: keys.revokedAt })
    .from(keys)
    .where(and(eq(keys.workspaceId, workspaceId), eq(keys.botId, botId), eq(keys.publicKey, publicKey)))
  return key ?? null
}

interface FoundPage {
  url: string
  facts: PageFacts
  policies: string[]
}

async function fetchPage(egress: Egress, address: string): Promise<FoundPage> {
  const fetched: Fetched = await safeFetch(egress, withScheme(address), { limits, takesPart: true })
  const facts = readPageFacts(decodeHtml(fetched.body, fetched.charset))
  const header = fetched.contentSecurityPolicy
  return { url: fetched.url, facts, policies: [...(header === null ? [] : [header]), ...facts.policies] }
}

function withScheme(address: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`
}

function check(name: Check['name'], state: Check['state'], about: string): Check {
  return { name, state, about }
}

/** The tag that loads the widget, of whichever server. */
function widgetScript(scripts: readonly Script[], url: string): Script | null {
  return (
    scripts.find(
      ({ src, attributes }) => 'data-public-key' in attributes && src !== null && /\/widget\.js(\?|$)/.test(src),
    ) ??
    scripts.find(({ src }) => src !== null && URL.parse(src, url)?.pathname === '/widget.js') ??
    null
  )
}

function snippetCheck(facts: PageFacts, script: Script | null, url: string, serverOrigin: string): Check {
  if (!script?.src) {
    const hasManager = facts.scripts.some(({ src }) => src?.includes('googletagmanager.com'))
    return hasManager
      ? check(
          'snippet',
          'warning',
          'The snippet does not stand in the page itself. If Google Tag Manager adds it, open the page and look for the chat button.',
        )
      : check(
          'snippet',
          'fail',
          'The snippet is not in the page. Paste it before </body>, publish the page, and check again.',
        )
  }
  const origin = URL.parse(script.src, url)?.origin
  if (origin !== serverOrigin)
    return check(
      'snippet',
      'fail',
      `The snippet loads the widget from ${origin}, but this Mevichat is ${serverOrigin}. Copy the snippet again.`,
    )
  return check('snippet', 'pass', 'The snippet is in the page.')
}

function keyCheck(publicKey: string | null, key: KeyOfBot | null): Check {
  if (publicKey === null) return check('key', 'unknown', 'Without a snippet there is no key to look at.')
  if (!key) return check('key', 'fail', 'The key in the snippet is not one of this bot. Copy the snippet of this bot.')
  if (key.revokedAt)
    return check('key', 'fail', 'The key in the snippet is revoked. Copy the snippet again with a key that works.')
  return check('key', 'pass', `The key “${key.name}” works.`)
}

function originCheck(key: KeyOfBot | null, pageOrigin: string): Check {
  if (!key) return check('origin', 'unknown', 'Without a key of this bot there are no domains to look at.')
  if (key.domains.length === 0)
    return check(
      'origin',
      'warning',
      'The key takes any website. List your domains, so that nobody else can spend your messages.',
    )
  const { host } = new URL(pageOrigin)
  return allowsOrigin(key.domains, pageOrigin)
    ? check('origin', 'pass', `The key allows ${host}.`)
    : check('origin', 'fail', `The key does not allow ${host}. Add it to the key’s domains.`)
}

function policyCheck(page: FoundPage, needs: Parameters<typeof obstaclesIn>[1]): Check {
  if (page.policies.length === 0)
    return check('policy', 'pass', 'The page has no Content-Security-Policy that could block it.')
  const obstacles = obstaclesIn(page.policies, needs)
  if (obstacles.length === 0) return check('policy', 'pass', 'The page’s Content-Security-Policy lets it in.')
  const said = obstacles.map(({ directive, add }) => `${add} to ${directive}`).join(' and ')
  return check(
    'policy',
    'fail',
    `The page’s Content-Security-Policy blocks the widget. Add ${said}, or give the snippet’s tag your nonce.`,
  )
}

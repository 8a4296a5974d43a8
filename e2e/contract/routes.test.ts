import { randomUUID } from 'node:crypto'
import type { Operation, Operations } from '@mevichat/protocol/operation.ts'
import { operations as declaredOperations } from '@mevichat/protocol/operations.ts'
import { lowestRoleFor, type Role, roles } from '@mevichat/protocol/roles.ts'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freshAddress, startApp, type Tenant, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { type Answer, send } from '../../server/testing/http.ts'
import { type Route, routesOf } from './registered-routes.ts'
import { bearer, callsTo, knowing, question, replying, turn, turnsOf } from './scene.ts'

const callers = ['nobody', 'stranger', 'tooLow'] as const
type Caller = (typeof callers)[number]

/** What a caller can show. A stranger has a key and an owner's token, both of another workspace. */
interface Credentials {
  publicKey?: string
  token?: string
}

/** What belongs to the workspace that is asked for. */
interface Target {
  botId: string
  sessionId: string
  messageId: number
  workspaceId: string
  sourceId: string
  pageId: string
  keyId: string
  userId: string
  /** Of a version. */
  number: number
}

type Expected = [status: number, code: string | null]

/** Null where the answer is another for each person, which a test beside the operation looks at. */
interface Guard extends Record<Caller, Expected | null> {
  query?(target: Target, who: Credentials): Record<string, unknown>
  body?(target: Target, who: Credentials): object
}

const turnOf = ({ sessionId, messageId }: Target, { publicKey }: Credentials) => ({
  public_key: publicKey,
  session_id: sessionId,
  message_id: messageId,
})
const byKey = { nobody: [401, 'invalid_api_key'], tooLow: [401, 'invalid_api_key'] } satisfies Partial<Guard>
/** Pages and files for everybody. */
const open: Guard = { nobody: [200, null], stranger: [200, null], tooLow: [200, null] }
const unknownCaller: Expected = [401, 'not_authenticated']
const notThere: Guard = { nobody: [404, 'not_found'], stranger: [404, 'not_found'], tooLow: [404, 'not_found'] }

const operations: Operations = declaredOperations
/** Of an operation that is declared the guards follow from its declaration: of another workspace there is nothing. */
function guardOf({ needs, status }: Operation): Guard {
  const nobody: Expected = [401, 'not_authenticated']
  if (needs === 'person') return { nobody, stranger: null, tooLow: null }
  const isForAll = lowestRoleFor(needs) === 'viewer'
  return { nobody, stranger: [404, 'not_found'], tooLow: isForAll ? [status, null] : [403, 'forbidden'] }
}
/** What the lowest role sends, where it may send anything. */
const bodies: Partial<Record<string, object>> = {
  searchKnowledge: { question },
  createPersonalToken: { name: 'Script' },
  checkInstall: { url: 'http://127.0.0.1:9/' },
}
/** What must be asked with it. */
const queries: Partial<Record<string, Record<string, unknown>>> = {
  getInsights: { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString() },
}
const declared = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => {
    const [body, query] = [bodies[name], queries[name]]
    const asked = { ...(body && { body: () => body }), ...(query && { query: () => query }) }
    return [`${operation.method} ${operation.path}`, { ...guardOf(operation), ...asked }]
  }),
)
/** The role below the one that an operation needs; a viewer where that one is enough. */
function roleTooLow(name: string): Role {
  const operation = Object.values(operations).find(({ method, path }) => `${method} ${path}` === name)
  if (!operation || operation.needs === 'person') return 'viewer'
  return roles[roles.indexOf(lowestRoleFor(operation.needs)) - 1] ?? 'viewer'
}

/** A token is no session, and what these POSTs take is own JSON or an own form. */
const [noSession, notOwn, noLink] = [all([401, 'not_authenticated']), all([403, 'forbidden']), all([410, null])]
const signIn: Record<string, Guard> = {
  'POST /api/auth/sign-in/google/': notOwn,
  'POST /api/auth/sign-in/email/': notOwn,
  'POST /api/auth/sign-in/link/': notOwn,
  'POST /api/auth/first-owner/': notOwn,
  'GET /api/auth/callback/google/': notThere,
  'GET /api/auth/session/': noSession,
  'GET /api/auth/sessions/': noSession,
  'DELETE /api/auth/sessions/:sessionId/': noSession,
  'POST /api/auth/sign-out/': noSession,
  'GET /sign-in/': open,
  'POST /sign-in/google/': notOwn,
  'POST /sign-in/email/': notOwn,
  'GET /sign-in/link/': noLink,
  'POST /sign-in/link/': notOwn,
  'GET /sign-in/first-owner/': noLink,
  'POST /sign-in/first-owner/': notOwn,
  'GET /dev/outbox/': open,
}
function all(expected: Expected): Guard {
  return { nobody: expected, stranger: expected, tooLow: expected }
}

/** Every route that answers; whatever else is registered must refuse its method to everybody. */
const guards: Record<string, Guard> = {
  // A key opens its own bot alone: the same session_id there is another session.
  'POST /api/chat/': { ...byKey, stranger: [200, null], body: (t, who) => ({ ...turnOf(t, who), message: question }) },
  'POST /api/chat/stop/': { ...byKey, stranger: [404, 'session_not_found'], body: turnOf },
  'POST /api/chat/rating/': {
    ...byKey,
    stranger: [404, 'session_not_found'],
    body: (t, who) => ({ ...turnOf(t, who), rating: 1 }),
  },
  'GET /api/chat/stream/': { ...byKey, stranger: [404, 'session_not_found'], query: turnOf },
  'GET /api/widget/config/': { ...byKey, stranger: [200, null], query: turnOf },
  'POST /api/chat/playground/': {
    nobody: [401, 'not_authenticated'],
    stranger: [404, 'bot_not_found'],
    tooLow: [403, 'forbidden'],
    body: ({ botId, sessionId }) => ({ bot_id: botId, session_id: sessionId, message: question }),
  },
  // The lowest role may export.
  'GET /api/conversations/:id/export.json': {
    nobody: [401, 'authentication_required'],
    stranger: [404, 'session_not_found'],
    tooLow: [200, null],
  },
  ...declared,
  // Whoever may leave is gone then: e2e/contract/workspaces.test.ts looks at that.
  'POST /api/workspaces/:workspaceId/leave/': {
    nobody: [401, 'not_authenticated'],
    stranger: [404, 'not_found'],
    tooLow: null,
  },
  // One's own alone: another's is not there.
  'DELETE /api/workspaces/:workspaceId/personal-tokens/:tokenId/': {
    nobody: [401, 'not_authenticated'],
    stranger: [404, 'not_found'],
    tooLow: [404, 'not_found'],
  },
  // It takes a session or a personal token; the token of another door is none.
  'POST /api/auth/token/': { nobody: unknownCaller, stranger: unknownCaller, tooLow: unknownCaller },
  ...signIn,
  'GET /.well-known/jwks.json': open,
  'GET /api/openapi.json': open,
  'GET /avatars/:file': notThere,
  'GET /health/live': open,
  'GET /health/ready': open,
  'GET /health/stream': open,
  'GET /': { nobody: [302, null], stranger: [302, null], tooLow: [302, null] },
  'GET /docs/': open,
  'GET /docs/:page/': { nobody: [404, null], stranger: [404, null], tooLow: [404, null] },
  'GET /favicon.svg': open,
  'GET /robots.txt': open,
  'GET /site/:file': notThere,
  'GET /widget/:file': notThere,
}
/** Served where the front ends were built, which a test of the server does not ask for. */
const built = new Set(['GET /widget.js', 'GET /app/', 'GET /app/*', 'GET /app/preview/', 'GET /app/assets/:file'])

describe('every registered route', () => {
  let app: TestApp
  let routes: Route[]
  let tenant: Tenant
  let target: Target
  const model = replying('ok', { reply: 'Theirs.' })
  const who: Record<Caller, Credentials> = { nobody: {}, stranger: {}, tooLow: {} }

  beforeAll(async () => {
    const [lane] = lanes
    if (!lane) throw new Error('no lane')
    ;({ started: app, routes } = await routesOf(() => startApp(lane)))
    tenant = await knowing(app, { bot: replying('ok', { reply: 'CANARY-ANSWER' }) })
    const body = turn(tenant, { message: `${question} CANARY-QUESTION` })
    const { events } = await app.chat(body)
    const { workspaceId, botId, keyId } = tenant
    const { rows } = await app.ports.db.execute<{ sourceId: string; pageId: string }>(sql`
      select source_id as "sourceId", id as "pageId" from pages where workspace_id = ${workspaceId}`)
    const [known] = rows
    if (!known) throw new Error('the tenant has no source')
    target = {
      workspaceId,
      botId,
      keyId,
      userId: (await app.member(workspaceId, 'editor')).userId,
      number: 1,
      ...known,
      sessionId: body.session_id,
      messageId: events[0]?.data.message_id,
    }
  })
  beforeEach(async () => {
    // Whoever has left is no member for the next one.
    tokens.clear()
    const { publicKey, workspaceId } = await knowing(app, { bot: model })
    who.stranger = { publicKey, token: (await app.member(workspaceId, 'owner')).token }
  })
  afterAll(() => app[Symbol.asyncDispose]())

  const tokens = new Map<Role, Promise<string>>()
  function tokenOf(role: Role): Promise<string> {
    const token = tokens.get(role) ?? app.member(tenant.workspaceId, role).then((member) => member.token)
    tokens.set(role, token)
    return token
  }

  async function ask({ method, path }: Route, caller: Caller, guard?: Guard): Promise<Answer> {
    const token = caller === 'tooLow' ? await tokenOf(roleTooLow(`${method} ${path}`)) : who[caller].token
    const ids: Record<string, unknown> = { ...target, id: target.sessionId, message: target.messageId }
    const filled = path.replace(/:(\w+)/g, (_, name: string) => String(ids[name] ?? randomUUID()))
    const query = Object.entries(guard?.query?.(target, who[caller]) ?? {}).filter(([, value]) => value !== undefined)
    const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, String(value)]))
    return send(`${app.url}${filled}?${search}`, {
      method,
      headers: token ? bearer(token) : {},
      localAddress: freshAddress(),
      ...(guard?.body && { body: guard.body(target, who[caller]) }),
    })
  }

  const codeOf = ({ json }: Answer) =>
    typeof json === 'object' && json !== null
      ? (Object.values(json).find((value) => typeof value === 'string') ?? null)
      : null

  it('is one of the table, and the table names none that is gone', () => {
    const registered = new Set(routes.map(({ method, path }) => `${method} ${path}`))
    expect(Object.keys(guards).filter((name) => !registered.has(name))).toEqual([])
    expect(routes.length).toBeGreaterThan(600)
  })

  it.each(Object.entries(guards).map(([name, guard]) => ({ name, guard })))(
    '$name answers nobody $guard.nobody, a stranger $guard.stranger, too low a role $guard.tooLow',
    async ({ name, guard }) => {
      const [method = '', path = ''] = name.split(' ')
      const before = await theirs()
      for (const caller of callers) {
        const expected = guard[caller]
        if (!expected) continue
        const answer = await ask({ method, path }, caller, guard)
        const [status, code] = expected
        expect([caller, answer.status]).toEqual([caller, status])
        if (code !== null) expect([caller, codeOf(answer)]).toEqual([caller, code])
        if (caller !== 'tooLow') expect(answer.body).not.toContain('CANARY')
        expect(answer.headers['set-cookie']).toBeUndefined()
      }
      expect(await theirs()).toEqual(before)
    },
  )

  /** All that the asked workspace has. */
  async function theirs() {
    const { rows } = await app.ports.db.execute(sql`
      select last_turn_at, visitor_id from sessions where workspace_id = ${tenant.workspaceId}`)
    const sources = await app.ports.db.execute(sql`
      select s.id, s.state, s.schedule, s.settings, count(p.*) as pages from sources s
      left join pages p on p.source_id = s.id where s.workspace_id = ${tenant.workspaceId} group by s.workspace_id, s.bot_id, s.id`)
    return { sessions: rows, turns: await turnsOf(app, tenant), sources: sources.rows }
  }

  it('was asked by the stranger without a word of the other workspace in a prompt', () => {
    const prompts = callsTo(app, model).map(({ prompt }) => prompt)
    expect(prompts).toHaveLength(1)
    expect(prompts.join()).not.toContain('CANARY')
  })

  it.each(callers)('that is not in the table refuses its method: as %s', async (caller) => {
    const answered: string[] = []
    for (const route of routes) {
      const name = `${route.method} ${route.path}`
      if (name in guards || built.has(name)) continue
      const answer = await ask(route, caller)
      const isPreflight = route.method === 'OPTIONS' && answer.status === 204
      if (answer.status !== 405 && !isPreflight) answered.push(`${name}: ${answer.status}`)
    }
    expect(answered).toEqual([])
  })
})

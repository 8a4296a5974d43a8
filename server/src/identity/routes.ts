/** The doors of signing in for programs and for the dashboard: JSON, and of Better Auth's own no more than the callback. */
import type { FastifyRequest } from 'fastify'
import { fail, Refusal } from '../platform/fail.ts'
import { addEndpoint, type Endpoint, type HttpApp } from '../platform/http/app.ts'
import { readOwnJson, requireOwnOrigin } from '../platform/http/own-page.ts'
import { sendCard } from '../platform/http/page.ts'
import { doorsOf, type SignInDoorPorts, withCookies } from './doors.ts'
import type { Ownership } from './first-owner.ts'
import { addSignInPages } from './page-routes.ts'
import { callbackProblem, signInPage } from './pages.ts'
import { home } from './return-path.ts'
import { endSession, listSessions, type Session } from './sign-in.ts'

export function addSignInRoutes(app: HttpApp, ports: SignInDoorPorts, ownership: Ownership): void {
  const { signIn } = ports
  const doors = doorsOf(ports, ownership)
  const add = (path: string, methods: Endpoint['methods']) => addEndpoint(app, ports, { path, methods })
  const json = (request: FastifyRequest) => readOwnJson(ports.publicUrl, request)

  async function requireSession(request: FastifyRequest): Promise<Session> {
    const session = await signIn.sessionOf(request.headers)
    if (!session) throw fail('not_authenticated')
    if (request.method !== 'GET') requireOwnOrigin(ports.publicUrl, request)
    return session
  }

  add('/api/auth/sign-in/google/', {
    async POST(request, reply) {
      const started = await doors.startGoogle(request, await json(request))
      return withCookies(reply, started).send({ url: started.url })
    },
  })
  add('/api/auth/sign-in/email/', {
    async POST(request, reply) {
      await doors.mailLink(request, await json(request))
      return reply.header('cache-control', 'no-store').send({ sent: true })
    },
  })
  add('/api/auth/sign-in/link/', {
    async POST(request, reply) {
      const entered = await doors.useLink(request, await json(request))
      return withCookies(reply, entered).send({ next: entered.next })
    },
  })
  add('/api/auth/first-owner/', {
    async POST(request, reply) {
      const entered = await doors.becomeOwner(request, await json(request))
      return withCookies(reply, entered).send({ user_id: entered.userId })
    },
  })
  add('/api/auth/callback/google/', {
    async GET(request, reply) {
      try {
        const { next, ...entered } = await signIn.finishGoogle(request.query as Record<string, string>, request.headers)
        return withCookies(reply, entered).code(303).header('location', next).send()
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'invalid_request') throw error
        const page = { next: home, hasGoogle: signIn.hasGoogle, problem: callbackProblem(error.detail) }
        return sendCard(reply.code(400), signInPage(page))
      }
    },
  })
  add('/api/auth/session/', {
    async GET(request, reply) {
      const { id, userId, email, name } = await requireSession(request)
      return reply.header('cache-control', 'no-store').send({ session: { id }, user: { id: userId, email, name } })
    },
  })
  add('/api/auth/sessions/', {
    async GET(request, reply) {
      const current = await requireSession(request)
      const sessions = await listSessions(ports, current.userId)
      return reply.header('cache-control', 'no-store').send({
        sessions: sessions.map(({ id, userAgent, createdAt, expiresAt }) => ({
          id,
          user_agent: userAgent,
          created_at: createdAt.toISOString(),
          expires_at: expiresAt.toISOString(),
          is_current: id === current.id,
        })),
      })
    },
  })
  add('/api/auth/sessions/:sessionId/', {
    async DELETE(request, reply) {
      const { userId } = await requireSession(request)
      await endSession(ports, userId, (request.params as { sessionId: string }).sessionId)
      return reply.code(204).send()
    },
  })
  add('/api/auth/sign-out/', {
    async POST(request, reply) {
      await requireSession(request)
      return withCookies(reply, await signIn.signOut(request.headers))
        .code(204)
        .send()
    },
  })
  addSignInPages(app, ports, doors)
}

/** The doors of signing in for people: pages and their forms. A GET changes nothing, since mail scanners follow links. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fail, Refusal } from '../platform/fail.ts'
import { addEndpoint, type Handler, type HttpApp } from '../platform/http/app.ts'
import { readOwnForm } from '../platform/http/own-page.ts'
import { sendCard } from '../platform/http/page.ts'
import { isLoopback } from '../platform/loopback.ts'
import { type doorsOf, type SignInDoorPorts, withCookies } from './doors.ts'
import { isOwnerToken } from './first-owner.ts'
import { firstOwnerPage, goneLinkPage, goneOwnerPage, linkPage, onwardPage, sentPage, signInPage } from './pages.ts'
import { home, returnPath } from './return-path.ts'

export function addSignInPages(app: HttpApp, ports: SignInDoorPorts, doors: ReturnType<typeof doorsOf>): void {
  const { signIn } = ports
  const { hasGoogle } = signIn
  const get = (path: string, GET: Handler) => addEndpoint(app, ports, { path, methods: { GET } })
  const both = (path: string, GET: Handler, POST: Handler) => addEndpoint(app, ports, { path, methods: { GET, POST } })
  const post = (path: string, POST: Handler) => addEndpoint(app, ports, { path, methods: { POST } })
  const form = (request: FastifyRequest) => readOwnForm(ports.publicUrl, request)

  /** What can be put right is said above the form, whose fields stay filled. */
  async function orAgain(reply: FastifyReply, fields: Record<string, string>, act: () => Promise<FastifyReply>) {
    try {
      return await act()
    } catch (error) {
      const problem = problemOf(error)
      if (problem === null || !(error instanceof Refusal)) throw error
      for (const [name, value] of Object.entries(error.headers)) reply.header(name, value)
      const next = safeNext(fields.next)
      return sendCard(reply.code(error.status), signInPage({ next, hasGoogle, problem, email: fields.email ?? '' }))
    }
  }

  get('/sign-in/', async (request, reply) => {
    const next = returnPath((request.query as { next?: unknown }).next)
    const twin = publicTwin(request, ports)
    if (twin) return reply.code(303).header('location', twin).send()
    if (await signIn.sessionOf(request.headers)) return reply.code(303).header('location', next).send()
    return sendCard(reply, signInPage({ next, hasGoogle }))
  })
  post('/sign-in/google/', async (request, reply) => {
    const fields = await form(request)
    return orAgain(reply, fields, async () => {
      const started = await doors.startGoogle(request, fields)
      return sendCard(withCookies(reply, started), onwardPage(started.url))
    })
  })
  post('/sign-in/email/', async (request, reply) => {
    const fields = await form(request)
    return orAgain(reply, fields, async () => {
      const { email } = await doors.mailLink(request, fields)
      return sendCard(
        reply,
        sentPage({ email, hasOutbox: ports.smtp === null && isLoopback(new URL(ports.publicUrl).hostname) }),
      )
    })
  })
  both(
    '/sign-in/link/',
    async (request, reply) => {
      const { token = '', next } = request.query as Record<string, string | undefined>
      const found = await signIn.findLink(String(token))
      if (!found) return sendCard(reply.code(410), goneLinkPage())
      return sendCard(reply, linkPage({ token: String(token), next: returnPath(next), email: found.email }))
    },
    async (request, reply) => {
      const fields = await form(request)
      try {
        const entered = await doors.useLink(request, fields)
        return withCookies(reply, entered).code(303).header('location', entered.next).send()
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'gone') throw error
        return sendCard(reply.code(410), goneLinkPage())
      }
    },
  )
  both(
    '/sign-in/first-owner/',
    async (request, reply) => {
      const token = String((request.query as { token?: unknown }).token ?? '')
      const isGood = await isOwnerToken(ports, token)
      return isGood ? sendCard(reply, firstOwnerPage({ token })) : sendCard(reply.code(410), goneOwnerPage())
    },
    async (request, reply) => {
      const fields = await form(request)
      try {
        const entered = await doors.becomeOwner(request, fields)
        return withCookies(reply, entered).code(303).header('location', home).send()
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (error.code === 'gone') return sendCard(reply.code(410), goneOwnerPage())
        const problem = problemOf(error)
        if (problem === null) throw error
        const { token = '', email = '', name = '' } = fields
        return sendCard(reply.code(error.status), firstOwnerPage({ token, email, name, problem }))
      }
    },
  )
}

/** On a developer's machine `localhost` and `127.0.0.1` are two sites to a browser: cookies and forms are those of the public one. */
function publicTwin({ headers, url }: FastifyRequest, { publicUrl }: SignInDoorPorts): string | null {
  const here = URL.parse(`http://${headers.host}`)
  const there = new URL(publicUrl)
  const isTwin = here && isLoopback(here.hostname) && isLoopback(there.hostname) && here.port === there.port
  return isTwin && here.hostname !== there.hostname ? publicUrl + url : null
}

function problemOf(error: unknown): string | null {
  if (!(error instanceof Refusal)) return null
  if (error.code === 'invalid_request') return 'Please enter an e-mail address, such as you@example.com.'
  if (error.code === 'rate_limited') return 'That was too often. Please wait a while, then try again.'
  if (error.code === 'unavailable')
    return 'Google cannot be reached right now. Please try again, or use a link by e-mail.'
  return null
}

function safeNext(next: string | undefined): string {
  try {
    return returnPath(next)
  } catch {
    throw fail('invalid_request', { detail: 'next must be a path that starts with one slash' })
  }
}

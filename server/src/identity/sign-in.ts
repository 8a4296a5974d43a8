/** Sign-in owns how a person becomes a session: by Google, by a mailed link, or as the first owner. */
import type { IncomingHttpHeaders } from 'node:http'
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { isUuid, type UserId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { type Smtp, sendMail } from '../platform/mail/mail.ts'
import type { Auth, AuthOptions, SignInHow } from './auth.ts'
import { refusedPath } from './auth-times.ts'
import { cookieNames } from './cookies.ts'
import type { SessionReader } from './sessions.ts'
import { authSessions, authVerifications, users } from './tables.ts'

export interface SignInPorts {
  db: Db
  log: Log
  smtp: Smtp | null
  /** Known for good once the server listens. */
  publicUrl(): string
}

export interface SignInOptions {
  /** 32 bytes, the same on every process. */
  signingKey: Uint8Array
  google: AuthOptions['google']
  /** Runs at every sign-in, before its session is told of; what it throws fails the sign-in. */
  onSignIn?: (userId: UserId, how: SignInHow) => Promise<void>
}

/** `cookies` are whole `Set-Cookie` lines. */
export interface Entered {
  cookies: string[]
}

export interface Session {
  id: string
  userId: UserId
  email: string
  name: string
}

export interface SignIn extends SessionReader {
  hasGoogle: boolean
  /** Where to send the browser, which keeps the cookies. Throws `not_found` where Google is not set up, `unavailable` when it is not reached. */
  startGoogle(next: string): Promise<Entered & { url: string }>
  /** Of the provider's callback. Throws `invalid_request` with Better Auth's reason as `detail` for whatever is wrong with it. */
  finishGoogle(query: Record<string, string>, headers: IncomingHttpHeaders): Promise<Entered & { next: string }>
  /** Mails a link, the same for an address that is known and one that is not. */
  mailLink(email: string, next: string): Promise<void>
  /** Whom a link is for; null when it was used or is too old. Changes nothing. */
  findLink(token: string): Promise<{ email: string } | null>
  /** Throws `gone` when the link was used or is too old. */
  useLink(token: string): Promise<Entered>
  /** For a person that the caller vouches for. */
  enterAs(userId: UserId): Promise<Entered>
  sessionOf(headers: IncomingHttpHeaders): Promise<Session | null>
  /** Ends the session of the cookies, if there is one; the cookies that come back forget it. */
  signOut(headers: IncomingHttpHeaders): Promise<Entered>
}

/** The same secret must not sign two kinds of thing. */
async function secretOf(signingKey: Uint8Array): Promise<string> {
  const key = await crypto.subtle.importKey('raw', Buffer.from(signingKey), 'HKDF', false, ['deriveBits'])
  const info = Buffer.from('mevichat sign-in')
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, key, 256)
  return Buffer.from(bits).toString('base64url')
}

export function openSignIn(ports: SignInPorts, options: SignInOptions): SignIn {
  const { db, log } = ports
  let opened: { publicUrl: string; auth: Promise<Auth> } | null = null

  /** Made at the first use, when the public URL is known. */
  function open(): Promise<Auth> {
    const publicUrl = ports.publicUrl()
    if (opened?.publicUrl !== publicUrl) opened = { publicUrl, auth: make(publicUrl) }
    return opened.auth
  }
  async function make(publicUrl: string): Promise<Auth> {
    const [{ createAuth }, secret] = await Promise.all([import('./auth.ts'), secretOf(options.signingKey)])
    return createAuth(ports, {
      publicUrl,
      secret,
      google: options.google,
      sendLink: (email, token, next) => sendMail(ports, linkMail(publicUrl, email, token, next)),
      onSignIn: async (userId, how) => options.onSignIn?.(userId, how),
    })
  }

  async function sessionOf(headers: IncomingHttpHeaders): Promise<Session | null> {
    // Most callers have no session: Better Auth is not loaded for them.
    if (!headers.cookie?.includes(`${cookieNames(ports.publicUrl()).session}=`)) return null
    const found = await (await open()).api.getSession({ headers: headersOf(headers) })
    if (!found) return null
    const { user, session } = found
    const userId = user.id as UserId
    const [known] = await db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), isNull(users.deletedAt)))
    return known ? { id: session.id, userId, email: user.email, name: user.name } : null
  }

  return {
    hasGoogle: options.google !== null,
    async startGoogle(next) {
      if (!options.google) throw fail('not_found')
      const { api } = await open()
      const response = await api.signInSocial({
        body: { provider: 'google', callbackURL: next, disableRedirect: true },
        headers: new Headers(),
        asResponse: true,
      })
      if (!response.ok) {
        log.error({ status: response.status }, 'sign-in: the provider is not reached; check GOOGLE_ISSUER')
        throw fail('unavailable', { headers: { 'retry-after': '5' } })
      }
      const { url } = (await response.json()) as { url: string }
      return { url, cookies: response.headers.getSetCookie() }
    },
    async finishGoogle(query, headers) {
      if (!options.google) throw fail('not_found')
      const response = await (await open()).api.callbackOAuth({
        params: { id: 'google' },
        query,
        headers: headersOf(headers),
        asResponse: true,
      })
      const to = new URL(response.headers.get('location') ?? refusedPath, ports.publicUrl())
      if (response.status !== 302 || to.pathname === refusedPath) {
        throw fail('invalid_request', { detail: to.searchParams.get('error') ?? 'failed' })
      }
      return { cookies: response.headers.getSetCookie(), next: to.pathname + to.search + to.hash }
    },
    async mailLink(email, next) {
      await (await open()).api.signInMagicLink({ body: { email, metadata: { next } }, headers: new Headers() })
    },
    async findLink(token) {
      const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('base64url')
      const [found] = await db
        .select({ value: authVerifications.value })
        .from(authVerifications)
        .where(and(eq(authVerifications.identifier, `magic-link:${hash}`), gt(authVerifications.expiresAt, sql`now()`)))
      return found ? { email: String(JSON.parse(found.value).email) } : null
    },
    async useLink(token) {
      const response = await (await open()).api.magicLinkVerify({
        query: { token },
        headers: new Headers(),
        asResponse: true,
      })
      if (!response.ok) throw fail('gone')
      return { cookies: response.headers.getSetCookie() }
    },
    async enterAs(userId) {
      const { headers } = await (await open()).api.enterAs({
        body: { userId },
        headers: new Headers(),
        returnHeaders: true,
      })
      return { cookies: headers.getSetCookie() }
    },
    sessionOf,
    userOf: async (headers) => (await sessionOf(headers))?.userId ?? null,
    async signOut(headers) {
      const response = await (await open()).api.signOut({ headers: headersOf(headers), asResponse: true })
      return { cookies: response.headers.getSetCookie() }
    },
  }
}

function headersOf(headers: IncomingHttpHeaders): Headers {
  return new Headers({ cookie: headers.cookie ?? '', 'user-agent': headers['user-agent'] ?? '' })
}

function linkMail(publicUrl: string, to: string, token: string, next: string) {
  const link = `${publicUrl}/sign-in/link/?${new URLSearchParams({ token, next })}`
  const text = `Sign in to Mevichat with this link:\n\n${link}\n\nIt works once, for ten minutes. If you did not ask for it, nothing has happened and you need do nothing.\n`
  return { to, subject: 'Your link to sign in to Mevichat', text }
}

export interface OpenSession {
  id: string
  userAgent: string | null
  createdAt: Date
  expiresAt: Date
}

/** A person's sessions, the newest first. */
export function listSessions({ db }: { db: Db }, userId: UserId): Promise<OpenSession[]> {
  const { id, userAgent, createdAt, expiresAt } = authSessions
  return db
    .select({ id, userAgent, createdAt, expiresAt })
    .from(authSessions)
    .where(and(eq(authSessions.userId, userId), gt(expiresAt, sql`now()`)))
    .orderBy(desc(createdAt))
}

/** Ends one of the person's sessions, from the next request on. Throws `not_found` when they have no such session. */
export async function endSession({ db }: { db: Db }, userId: UserId, sessionId: string): Promise<void> {
  if (!isUuid(sessionId)) throw fail('not_found')
  const ended = await db
    .delete(authSessions)
    .where(and(eq(authSessions.id, sessionId), eq(authSessions.userId, userId)))
    .returning({ id: authSessions.id })
  if (ended.length === 0) throw fail('not_found')
}

/** Sessions and links whose time is over go. */
export async function forgetEnded({ db }: { db: Db }): Promise<void> {
  await db.delete(authSessions).where(lt(authSessions.expiresAt, sql`now()`))
  await db.delete(authVerifications).where(lt(authVerifications.expiresAt, sql`now()`))
}

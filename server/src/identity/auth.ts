/** Better Auth as we use it: sign-in and sessions alone. Imported late, as it takes as long as all else that a start loads. */
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { genericOAuth, magicLink } from 'better-auth/plugins'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { newId, type UserId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { linkMinutes, refusedPath } from './auth-times.ts'
import { cookieNames } from './cookies.ts'
import { dropUnproven } from './sign-in-users.ts'
import { authAccounts, authSessions, authUsers, authVerifications, users } from './tables.ts'

export interface AuthOptions {
  publicUrl: string
  secret: string
  google: { issuer: string; clientId: string; clientSecret: string } | null
  /** Mails the link with this token; `next` is where it leads. */
  sendLink(email: string, token: string, next: string): Promise<void>
  onSignIn(userId: UserId, how: SignInHow): Promise<void>
}

export type SignInHow = 'google' | 'link' | 'first_owner'

export type Auth = ReturnType<typeof createAuth>

const sessionDays = 30

export function createAuth({ db, log }: { db: Db; log: Log }, options: AuthOptions) {
  const { publicUrl, google } = options
  const isSecure = publicUrl.startsWith('https:')
  const names = cookieNames(publicUrl)
  return betterAuth({
    baseURL: publicUrl,
    basePath: '/api/auth',
    secret: options.secret,
    telemetry: { enabled: false },
    // Ours counts for all processes together.
    rateLimit: { enabled: false },
    logger: { level: 'warn', log: (level, message) => log[level](`sign-in: ${message}`) },
    onAPIError: { errorURL: publicUrl + refusedPath },
    database: drizzleAdapter(db, {
      provider: 'pg',
      schema: { user: authUsers, session: authSessions, account: authAccounts, verification: authVerifications },
      // What our hooks write takes another connection, which the embedded database does not have beside a transaction.
      transaction: false,
    }),
    session: { expiresIn: sessionDays * 86_400, disableSessionRefresh: true },
    account: {
      // No provider is believed about an address that it has not checked.
      accountLinking: { enabled: true, trustedProviders: [] },
      updateAccountOnSignIn: false,
    },
    advanced: {
      useSecureCookies: false,
      cookies: { session_token: { name: names.session }, state: { name: names.state } },
      defaultCookieAttributes: { secure: isSecure, httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { disableIpTracking: true },
      database: { generateId: () => crypto.randomUUID() },
    },
    databaseHooks: {
      user: {
        create: {
          async before(user) {
            const id = newId<UserId>()
            await db.insert(users).values({ id, email: user.email, name: user.name || null })
            return { data: { ...user, id } }
          },
        },
      },
      // A provider's tokens are of no use to us, so they are not kept.
      account: {
        create: {
          before: async (account) => ({
            data: { ...account, accessToken: null, refreshToken: null, idToken: null, scope: null },
          }),
        },
      },
      session: {
        create: {
          async after(session, context) {
            await options.onSignIn(session.userId as UserId, howOf(context?.path))
          },
        },
      },
    },
    plugins: [
      magicLink({
        expiresIn: linkMinutes * 60,
        storeToken: 'hashed',
        sendMagicLink: ({ email, token, metadata }) => options.sendLink(email, token, String(metadata?.next)),
      }),
      genericOAuth({ config: google ? [googleAs({ db }, google)] : [] }),
      enterAs,
    ],
  })
}

function howOf(path: string | undefined): SignInHow {
  if (path?.startsWith('/callback/')) return 'google'
  return path === '/magic-link/verify' ? 'link' : 'first_owner'
}

/** For a person whom we know by other means than Better Auth's. It has no door. */
const enterAs = {
  id: 'mevichat',
  endpoints: {
    enterAs: createAuthEndpoint(
      '/enter-as',
      { method: 'POST', body: z.object({ userId: z.string() }), requireHeaders: true, metadata: { SERVER_ONLY: true } },
      async (ctx) => {
        const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId)
        if (!user) throw fail('internal_error')
        const session = await ctx.context.internalAdapter.createSession(user.id)
        await setSessionCookie(ctx, { session, user })
        return { userId: user.id }
      },
    ),
  },
}

function googleAs({ db }: { db: Db }, { issuer, clientId, clientSecret }: NonNullable<AuthOptions['google']>) {
  return {
    providerId: 'google',
    discoveryUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    clientId,
    clientSecret,
    scopes: ['openid', 'email', 'profile'],
    pkce: true,
    requireIdTokenVerification: true,
    accountSubject: ({ profile }: { profile: { id?: unknown } }) => `${issuer} ${profile.id}`,
    /** Better Auth has checked the token by then (signature, `aud`, `iss`, nonce, `exp`), if there is one. */
    async getUserInfo({ idToken }: { idToken?: string | undefined }) {
      const claims = idToken ? verifiedClaims.safeParse(decodeJwt(idToken)).data : undefined
      if (!claims) return null
      const { sub, name, picture } = claims
      const email = claims.email.toLowerCase()
      await db.transaction((tx) => dropUnproven({ db: tx }, email))
      return { id: sub, sub, email, emailVerified: true, name: name ?? '', image: picture }
    },
  }
}

/** An address that the provider has not checked neither links nor signs in. */
const verifiedClaims = z.object({
  sub: z.string().min(1),
  email: z.email(),
  email_verified: z.literal(true),
  name: z.string().optional(),
  picture: z.string().optional(),
})

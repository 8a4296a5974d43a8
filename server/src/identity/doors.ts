/** What the doors for people and those for programs have in common: who may knock how often, and what is done then. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { ClientIp } from '../platform/http/client-ip.ts'
import type { Limiter } from '../platform/limit.ts'
import type { Log } from '../platform/log.ts'
import type { Smtp } from '../platform/mail/mail.ts'
import { becomeOwner, type Ownership } from './first-owner.ts'
import { returnPath } from './return-path.ts'
import type { Entered, SignIn } from './sign-in.ts'

export interface SignInDoorPorts {
  db: Db
  log: Log
  smtp: Smtp | null
  limiter: Limiter
  clientIp: ClientIp
  publicUrl: string
  signIn: SignIn
}

const hourMs = 3_600_000
const perHour = { account: 10, ip: 100 }

const emailField = z
  .email({ message: 'must be an e-mail address' })
  .max(254)
  .transform((email) => email.toLowerCase())
const tokenField = z.string().min(1).max(200)
const linkFields = z.object({ email: emailField, next: z.unknown().optional() })
const ownerFields = z.object({ token: tokenField, email: emailField, name: z.string().trim().min(1).max(100) })

/** Each throws `invalid_request` for fields that are not what they must be, and `rate_limited`. */
export function doorsOf(ports: SignInDoorPorts, ownership: Ownership) {
  const { limiter, clientIp, signIn } = ports
  const limit = (request: FastifyRequest) => limiter.take('sign-in', perHour.ip, clientIp(request.raw), hourMs)

  return {
    async startGoogle(request: FastifyRequest, fields: Fields) {
      const next = returnPath(fields.next)
      await limit(request)
      return signIn.startGoogle(next)
    },
    async mailLink(request: FastifyRequest, fields: Fields): Promise<{ email: string }> {
      const { email, next } = parse(linkFields, fields)
      const path = returnPath(next)
      await limit(request)
      await limiter.take('sign-in-account', perHour.account, email, hourMs)
      await signIn.mailLink(email, path)
      return { email }
    },
    async useLink(request: FastifyRequest, fields: Fields) {
      const next = returnPath(fields.next)
      const token = parse(tokenField, fields.token)
      await limit(request)
      return { ...(await signIn.useLink(token)), next }
    },
    async becomeOwner(request: FastifyRequest, fields: Fields) {
      const owner = parse(ownerFields, fields)
      await limit(request)
      const userId = await becomeOwner(ports, ownership, owner)
      return { ...(await signIn.enterAs(userId)), userId }
    },
  }
}

type Fields = Record<string, unknown>

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  throw fail('invalid_request', { detail: problems.join('; ') })
}

export function withCookies(reply: FastifyReply, { cookies }: Entered): FastifyReply {
  return reply.header('cache-control', 'no-store').header('set-cookie', cookies)
}

/** Bearer tokens: our own and those of a configured issuer, verified against published keys (RFC 8725 on how). */
import { createRemoteJWKSet, decodeJwt, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '../platform/clock.ts'
import { fail } from '../platform/fail.ts'
import type { Issuer } from './issuer.ts'
import { signingAlgorithm } from './signing-keys.ts'

export interface TokenClaims {
  /** Null for ourselves: the subject is then a user's id. */
  issuer: string | null
  subject: string
  /** The workspace the token speaks for; null when it names none. A claim of a role is never looked at. */
  workspace: string | null
  /** Which an external issuer says it has verified, in lower case; of our own tokens it is read from the database. */
  verifiedEmail: string | null
}

export interface TokenVerifier {
  /** Null for whatever is wrong with the token: nobody is told what. Throws `unavailable` when the issuer's keys cannot be read. */
  verify(token: string): Promise<TokenClaims | null>
}

export interface ExternalIssuer {
  issuer: string
  jwksUrl: string
}

type Check = (token: string, currentDate: Date) => Promise<JWTPayload | null>

const maxTokenBytes = 8 * 1024
/** How far the issuer's clock and ours may differ. */
const clockToleranceSeconds = 30

/** Which of the two a token is checked by, its `iss` says; each takes its own `iss`, keys and algorithms alone. */
export function openTokenVerifier(
  { issuer, clock }: { issuer: Issuer; clock: Clock },
  external: ExternalIssuer | null,
): TokenVerifier {
  const checkOwn = ownCheck(issuer)
  const checkExternal = external && externalCheck(external, issuer.audience)
  return {
    async verify(token) {
      if (token.length > maxTokenBytes || !isCanonical(token)) return null
      const claimed = issuerOf(token)
      const isOwn = claimed === issuer.name()
      const check = isOwn ? checkOwn : claimed === external?.issuer ? checkExternal : null
      const now = clock.now()
      const payload = await check?.(token, new Date(now))
      if (!payload) return null
      const { sub, iat = 0, workspace, email, email_verified: isVerified } = payload
      // `jose` asks for the claims to be there, not what they are; PostgreSQL takes no NUL.
      if (typeof sub !== 'string' || sub === '' || sub.includes('\0')) return null
      if (iat > now / 1000 + clockToleranceSeconds) return null
      return {
        issuer: isOwn ? null : (claimed ?? null),
        subject: sub,
        workspace: typeof workspace === 'string' && workspace !== '' ? workspace : null,
        verifiedEmail: !isOwn && isVerified === true && typeof email === 'string' ? email.toLowerCase() : null,
      }
    },
  }
}

function rulesOf(issuer: string, audience: string) {
  return { issuer, audience, requiredClaims: ['sub', 'exp', 'iat'], clockTolerance: clockToleranceSeconds }
}

function ownCheck(issuer: Issuer): Check {
  const keyOf = async ({ kid = '' }: JWTHeaderParameters) => {
    const key = await issuer.findKey(kid)
    if (!key) throw new errors.JWKSNoMatchingKey()
    return key
  }
  return async (token, currentDate) => {
    const rules = { ...rulesOf(issuer.name(), issuer.audience), algorithms: [signingAlgorithm], currentDate }
    try {
      return (await jwtVerify(token, keyOf, rules)).payload
    } catch (error) {
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }
}

function externalCheck({ issuer, jwksUrl }: ExternalIssuer, audience: string): Check {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000, cooldownDuration: 5_000 })
  const rules = { ...rulesOf(issuer, audience), algorithms: ['RS256', 'ES256', 'EdDSA'] }
  return async (token, currentDate) => {
    try {
      return (await jwtVerify(token, keys, { ...rules, currentDate })).payload
    } catch (error) {
      // A token nobody can check is not a bad token: what jose does not call an error of its own is the network's.
      // Its plain error is what an issuer's answer gets that is not a set of keys.
      const isIssuers = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC'
      if (isIssuers || error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
        throw fail('unavailable', { cause: error, headers: { 'retry-after': '5' } })
      }
      return null
    }
  }
}

/** What the token says of itself, which is to be proved yet. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/** `jose` takes a signature whose last character differs in its padding bits alone: three parts must re-encode to themselves. */
function isCanonical(token: string): boolean {
  const parts = token.split('.')
  return (
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1); null when there is none or more than one. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer ([\w~+/.-]+=*)$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Bearer tokens: JWTs of the configured issuer, verified against its published keys (RFC 8725 on how). */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { fail } from '../platform/fail.ts'

export interface TokenClaims {
  issuer: string
  subject: string
  /** The workspace the token speaks for; null when it names none. A claim of a role is never looked at. */
  workspace: string | null
}

export interface TokenVerifier {
  /** Null for whatever is wrong with the token: nobody is told what. Throws `unavailable` when the issuer's keys cannot be read. */
  verify(token: string): Promise<TokenClaims | null>
}

const maxTokenBytes = 8 * 1024
/** How far the issuer's clock and ours may differ. */
const clockToleranceSeconds = 30

export function openTokenVerifier(issuer: { issuer: string; audience: string; jwksUrl: string } | null): TokenVerifier {
  if (!issuer) return { verify: async () => null }
  const keys = createRemoteJWKSet(new URL(issuer.jwksUrl), { timeoutDuration: 5_000, cooldownDuration: 5_000 })
  const options = {
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    issuer: issuer.issuer,
    audience: issuer.audience,
    requiredClaims: ['sub', 'exp', 'iat'],
    clockTolerance: clockToleranceSeconds,
  }
  return {
    async verify(token) {
      if (token.length > maxTokenBytes || !isCanonical(token)) return null
      try {
        const { payload } = await jwtVerify(token, keys, options)
        const { sub, iat = 0, workspace } = payload
        // `jose` asks for the claims to be there, not what they are; PostgreSQL takes no NUL.
        if (typeof sub !== 'string' || sub === '' || sub.includes('\0')) return null
        if (iat > Date.now() / 1000 + clockToleranceSeconds) return null
        return {
          issuer: issuer.issuer,
          subject: sub,
          workspace: typeof workspace === 'string' && workspace !== '' ? workspace : null,
        }
      } catch (error) {
        // A token nobody can check is not a bad token: what jose does not call an error of its own is the network's.
        // Its plain error is what an issuer's answer gets that is not a set of keys.
        const isIssuers = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC'
        if (isIssuers || error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
          throw fail('unavailable', { cause: error, headers: { 'retry-after': '5' } })
        }
        return null
      }
    },
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

/** The tokens that the cases use: those that pass, and every way in which one must not. */
import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import type { TestIssuer } from '../../server/testing/issuer.ts'

/** Who a token is for: the subject, and the workspace it names. */
export interface Holder {
  sub: string
  workspace: string
}

export type Holders = Record<
  'a' | 'admin' | 'editor' | 'viewer' | 'b' | 'stale' | 'deleted' | 'unknown' | 'suspended',
  Holder
>

export async function makeTokens(issuer: TestIssuer, holders: Holders): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000)
  const lasting = { iat: now, exp: now + 3600 }
  const token = (holder: Holder, claims: Record<string, unknown> = {}, options = {}) =>
    issuer.token({ ...holder, ...lasting, ...claims }, options)
  const own = await generateKeyPair('RS256', { extractable: true })
  const handMade = (header: object, key: string) => {
    const payload = { iss: issuer.issuer, aud: issuer.audience, ...lasting, ...holders.a }
    const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const unsigned = (alg: string) => handMade({ alg, typ: 'JWT' }, '').replace(/[^.]*$/, '')
  const passing = await token(holders.a)
  return {
    JWT_A: passing,
    JWT_ADMIN: await token(holders.admin),
    JWT_EDITOR: await token(holders.editor),
    JWT_VIEWER: await token(holders.viewer),
    JWT_A_ES256: await token(holders.a, {}, { alg: 'ES256' }),
    JWT_A_EDDSA: await token(holders.a, {}, { alg: 'EdDSA' }),
    JWT_B: await token(holders.b),
    JWT_OTHER_WORKSPACE: await token(holders.b),
    JWT_STALE_MEMBER: await token(holders.stale),
    JWT_NOT_A_MEMBER: await token({ sub: holders.b.sub, workspace: holders.a.workspace }),
    JWT_DELETED_USER: await token(holders.deleted),
    JWT_UNKNOWN_USER: await token(holders.unknown),
    JWT_SUSPENDED_WORKSPACE: await token(holders.suspended),
    JWT_NO_WORKSPACE: await token(holders.a, { workspace: undefined }),
    JWT_BAD_WORKSPACE: await token(holders.a, { workspace: 'x' }),
    JWT_ROLE_CLAIM: await token(holders.viewer, { role: 'owner' }),
    JWT_NO_SUB: await token(holders.a, { sub: undefined }),
    JWT_NO_EXP: await token(holders.a, { exp: undefined }),
    JWT_NO_IAT: await token(holders.a, { iat: undefined }),
    JWT_NO_ISS: await token(holders.a, { iss: undefined }),
    JWT_NO_AUD: await token(holders.a, { aud: undefined }),
    JWT_WRONG_ISS: await token(holders.a, { iss: 'https://issuer.example' }),
    JWT_WRONG_AUD: await token(holders.a, { aud: 'somebody-else' }),
    JWT_EXPIRED: await token(holders.a, { iat: now - 7200, exp: now - 3600 }),
    JWT_NBF_FUTURE: await token(holders.a, { nbf: now + 3600 }),
    JWT_IAT_FUTURE: await token(holders.a, { iat: now + 3600, nbf: now + 3600, exp: now + 7200 }),
    JWT_WRONG_KEY: await token(holders.a, {}, { key: own.privateKey }),
    JWT_UNKNOWN_KID: await token(holders.a, {}, { key: own.privateKey, header: { kid: 'nobody' } }),
    JWT_EMBEDDED_JWK: await token(
      holders.a,
      {},
      { key: own.privateKey, header: { jwk: await exportJWK(own.publicKey), kid: 'own' } },
    ),
    JWT_JKU: await token(
      holders.a,
      {},
      { key: own.privateKey, header: { jku: 'http://127.0.0.1:9/jwks.json', kid: 'own' } },
    ),
    JWT_X5U: await token(
      holders.a,
      {},
      { key: own.privateKey, header: { x5u: 'http://127.0.0.1:9/cert.pem', kid: 'own' } },
    ),
    JWT_KID_TRAVERSAL: handMade({ alg: 'HS256', kid: '../../dev/null' }, ''),
    JWT_KID_SQL: handMade({ alg: 'HS256', kid: "x' union select 'key" }, 'key'),
    JWT_HS_WITH_PUBKEY: handMade({ alg: 'HS256', kid: 'RS256' }, issuer.publicPem),
    JWT_HS256: handMade({ alg: 'HS256', kid: 'RS256' }, 'secret'),
    JWT_NONE: unsigned('none'),
    JWT_NONE_MIXED_CASE: unsigned('nOnE'),
    JWT_CRIT: handMade({ alg: 'HS256', kid: 'RS256', crit: ['x'], x: 1 }, 'secret'),
    JWT_A_LASTCHAR: withOtherPadding(passing),
    JWT_A_TAMPERED: tampered(passing),
    JWT_A_NO_SIGNATURE: passing.replace(/[^.]*$/, ''),
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same signature bytes, written otherwise: the last character's unused bits are flipped. */
function withOtherPadding(token: string): string {
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) ^ 1]
}

function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), admin: true }
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

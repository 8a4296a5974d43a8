/** Issuers of tokens, one on loopback with its keys published and our own, and the ways to make tokens that must not pass. */
import { createServer } from 'node:http'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { requireSigningKeys } from '../src/identity/signing-keys.ts'
import type { Ports } from '../src/ports.ts'

export interface TokenMaker {
  issuer: string
  audience: string
  /** A token that passes, but for what the arguments change; `undefined` takes a claim out. */
  token(claims: Record<string, unknown>, options?: TokenOptions): Promise<string>
  /** The public key in PEM, for the attack that signs HS256 with it. */
  publicPem: string
}

export interface TestIssuer extends TokenMaker, AsyncDisposable {
  jwksUrl: string
}

export interface TokenOptions {
  alg?: string
  key?: CryptoKey | Uint8Array
  header?: Record<string, unknown>
}

const algorithms = ['RS256', 'ES256', 'EdDSA'] as const

export async function startIssuer(): Promise<TestIssuer> {
  const keys = new Map<string, CryptoKey>()
  const published: object[] = []
  let publicPem = ''
  for (const alg of algorithms) {
    const pair = await generateKeyPair(alg, { extractable: true })
    keys.set(alg, pair.privateKey)
    published.push({ ...(await exportJWK(pair.publicKey)), alg, use: 'sig', kid: alg })
    if (alg === 'RS256') publicPem = await exportSPKI(pair.publicKey)
  }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const audience = 'mevichat'

  return {
    issuer,
    audience,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    publicPem,
    async token(claims, { alg = 'RS256', key, header } = {}) {
      const signer = key ?? keys.get(alg)
      if (!signer) throw new Error(`no key for ${alg}`)
      return signed({ iss: issuer, aud: audience, ...claims }, { alg, kid: alg, ...header }, signer)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Our own issuer, with the key it signs with in the test's hand. */
export async function ownTokens(ports: Pick<Ports, 'db' | 'seal' | 'issuer'>): Promise<TokenMaker> {
  const { issuer } = ports
  const signing = (await requireSigningKeys(ports)).find(({ privateKey }) => privateKey)
  if (!signing?.privateKey) throw new Error('there is no key to sign with')
  const privateKey = await importJWK(JSON.parse(signing.privateKey.reveal()), 'EdDSA')
  const publicKey = await importJWK(signing.publicKey, 'EdDSA', { extractable: true })
  if (publicKey instanceof Uint8Array) throw new Error('not a public key')
  const { kid } = signing
  return {
    issuer: issuer.name(),
    audience: issuer.audience,
    publicPem: await exportSPKI(publicKey),
    token: (claims, { alg = 'EdDSA', key = privateKey, header } = {}) =>
      signed({ iss: issuer.name(), aud: issuer.audience, ...claims }, { alg, kid, ...header }, key),
  }
}

function signed(claims: JWTPayload, header: Record<string, unknown>, key: CryptoKey | Uint8Array): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const kept = Object.entries({ iat: now, exp: now + 300, ...claims }).filter(([, value]) => value !== undefined)
  return new SignJWT(Object.fromEntries(kept))
    .setProtectedHeader({ alg: 'none', ...header })
    .sign(key, { crit: { x: true } })
}

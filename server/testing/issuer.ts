/** An issuer of tokens on loopback, with its keys published, and the ways to make tokens that must not pass. */
import { createServer } from 'node:http'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export interface TestIssuer extends AsyncDisposable {
  issuer: string
  audience: string
  jwksUrl: string
  /** A token that passes, but for what the arguments change; `undefined` takes a claim out. */
  token(claims: Record<string, unknown>, options?: TokenOptions): Promise<string>
  /** The public key in PEM, for the attack that signs HS256 with it. */
  publicPem: string
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
      const now = Math.floor(Date.now() / 1000)
      const payload: JWTPayload = { iss: issuer, aud: audience, iat: now, exp: now + 300, ...claims }
      const kept = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
      const signer = key ?? keys.get(alg)
      if (!signer) throw new Error(`no key for ${alg}`)
      return new SignJWT(kept).setProtectedHeader({ alg, kid: alg, ...header }).sign(signer)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

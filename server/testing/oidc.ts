/** An OpenID Connect provider on loopback in place of Google's: the real protocol, people who sign in without a page, and faults. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import Provider from 'oidc-provider'

export interface OidcPerson {
  sub: string
  email: string
  email_verified: boolean
  name: string
}

export interface OidcProvider extends AsyncDisposable {
  issuer: string
  /** Whoever asks next is signed in as this person. */
  person: OidcPerson
  /** Changes the claims of the next ID tokens, as a broken or hostile provider would. */
  forge: ((claims: Record<string, unknown>) => Record<string, unknown>) | null
}

export const oidcClient = { clientId: 'mevichat', clientSecret: 'a secret of the client' }

export async function startOidc(): Promise<OidcProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const people = new Map<string, OidcPerson>()
  const standIn: OidcProvider = {
    issuer,
    person: { sub: 'one', email: 'one@example.com', email_verified: true, name: 'One' },
    forge: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: oidcClient.clientId,
        client_secret: oidcClient.clientSecret,
        redirect_uris: ['http://127.0.0.1/api/auth/callback/google'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // Google puts them into the ID token.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['only for tests'] },
    interactions: { url: (_context, { uid }) => `/as-asked/${uid}` },
    async findAccount(_context, sub) {
      const person = people.get(sub)
      return person && { accountId: sub, claims: async () => ({ ...person }) }
    },
    async loadExistingGrant(context) {
      const { client, session } = context.oidc
      if (!client || !session?.accountId) return undefined
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  // The app listens on any free port.
  Object.defineProperty(provider.Client.prototype, 'redirectUriAllowed', {
    value: (uri: string) => /^http:\/\/127\.0\.0\.1:\d+\/api\/auth\/callback\/google$/.test(uri),
  })
  const callback = provider.callback()
  server.on('request', async (request, response) => {
    const { forge } = standIn
    if (request.url === '/token' && forge) changeBody(response, (body) => forged(body, forge, privateKey))
    if (!request.url?.startsWith('/as-asked/')) return callback(request, response)
    people.set(standIn.person.sub, { ...standIn.person })
    await provider.interactionFinished(request, response, { login: { accountId: standIn.person.sub, remember: false } })
  })
  return standIn
}

function changeBody(response: ServerResponse, change: (body: string) => Promise<string>): void {
  const end = response.end.bind(response)
  response.end = (chunk?: unknown) => {
    void change(String(chunk ?? '')).then((body) => {
      response.setHeader('content-length', Buffer.byteLength(body))
      end(body)
    })
    return response
  }
}

/** The answer of the token endpoint with other claims, signed by the provider's own key all the same. */
async function forged(body: string, forge: NonNullable<OidcProvider['forge']>, key: CryptoKey): Promise<string> {
  const answer = JSON.parse(body)
  if (!answer.id_token) return body
  const claims = forge({ ...decodeJwt(answer.id_token) })
  const idToken = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key)
  return JSON.stringify({ ...answer, id_token: claims.none ? undefined : idToken })
}

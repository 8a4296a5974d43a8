import { createHash, createHmac, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { UserId, WorkspaceId } from '../../server/src/platform/id.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import type { Answer } from '../../server/testing/http.ts'
import { ownTokens, type TokenMaker } from '../../server/testing/issuer.ts'
import { bearer, expectRefusal, get, post, question, useApp } from './scene.ts'

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

const issuers = [
  { name: 'an external issuer', isOwn: false, algorithms: ['RS256', 'ES256', 'EdDSA'] },
  { name: 'our own issuer', isOwn: true, algorithms: ['EdDSA'] },
]
const cases = lanes.flatMap((lane) => issuers.map((issuer) => ({ lane, issuer })))

describe.each(cases)('bearer tokens of $issuer.name on $lane.name', ({ lane, issuer: { isOwn, algorithms } }) => {
  const [usual = ''] = algorithms
  const app = useApp(lane)
  let tenant: Tenant
  let maker: TokenMaker
  let owner: { subject: string; token: string }
  beforeAll(async () => {
    tenant = await app().tenant()
    maker = isOwn ? await ownTokens(app().ports) : app().issuer
    owner = await memberOf(tenant.workspaceId)
  })

  async function memberOf(workspaceId: WorkspaceId): Promise<{ userId: UserId; subject: string; token: string }> {
    const member = await app().member(workspaceId, 'owner')
    return isOwn
      ? { ...member, subject: member.userId, token: await app().ownToken(member.userId, workspaceId) }
      : member
  }

  type Headers = Record<string, string | string[]>
  const playground = (headers: Headers) =>
    post(
      app(),
      '/api/chat/playground/',
      { bot_id: tenant.botId, session_id: randomUUID(), message: question },
      { headers },
    )
  const exported = (headers: Headers) => get(app(), `/api/conversations/${randomUUID()}/export.json`, { headers })

  const claims = () => ({ sub: owner.subject, workspace: tenant.workspaceId })
  const sign = (changes: Record<string, unknown> = {}, options = {}) =>
    maker.token({ ...claims(), ...changes }, options)

  async function expectTaken(token: string) {
    expect((await playground(bearer(token))).status).toBe(200)
    expectRefusal(await exported(bearer(token)), 404, 'session_not_found', 'detail')
  }

  function expectUnauthenticated(answer: Answer, code: string, field: string) {
    expectRefusal(answer, 401, code, field)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.headers['cache-control']).toBe('no-store')
  }

  async function expectBad(headers: Headers) {
    expectUnauthenticated(await playground(headers), 'not_authenticated', 'error')
    expectUnauthenticated(await exported(headers), 'authentication_required', 'detail')
  }

  async function expectForbidden(token: string, code: string) {
    expectRefusal(await playground(bearer(token)), 403, code)
    expectRefusal(await exported(bearer(token)), 403, code, 'detail')
  }

  it.each(algorithms)('%s is taken', async (alg) => expectTaken(await sign({}, { alg })))

  it.each([
    ['an audience among others', () => ({ aud: ['other', maker.audience] })],
    ['a workspace in upper case', () => ({ workspace: tenant.workspaceId.toUpperCase() })],
    ['a few seconds of another clock', () => ({ iat: now() + 5, nbf: now() + 5, exp: now() - 5 })],
    ['a claim of a role, which is not looked at', () => ({ role: 'nobody', admin: false })],
  ])('%s is taken', async (_, changes) => expectTaken(await sign(changes())))

  it('a workspace in upper case is the one of the path in lower case', async () => {
    const headers = bearer(await sign({ workspace: tenant.workspaceId.toUpperCase() }))
    expect((await get(app(), `/api/workspaces/${tenant.workspaceId}/bots/`, { headers })).status).toBe(200)
  })

  it.each<[string, () => Headers]>([
    ['no header', () => ({})],
    ['nothing after Bearer', () => ({ authorization: 'Bearer ' })],
    ['another scheme', () => ({ authorization: `Basic ${owner.token}` })],
    ['no scheme', () => ({ authorization: owner.token })],
    ['two tokens', () => ({ authorization: `Bearer ${owner.token} ${owner.token}` })],
    ['two tokens by comma', () => ({ authorization: `Bearer ${owner.token}, Bearer ${owner.token}` })],
    ['two headers, of which the first would do', () => ({ authorization: [`Bearer ${owner.token}`, 'Bearer x'] })],
    ['the same header twice', () => ({ authorization: [`Bearer ${owner.token}`, `Bearer ${owner.token}`] })],
    ['junk', () => bearer('x')],
    ['two parts', () => bearer('a.b')],
    ['four parts', () => bearer(`${owner.token}.a`)],
    ['a token in a cookie', () => ({ cookie: `session=${owner.token}; token=${owner.token}` })],
    ['9,000 letters', () => bearer('a'.repeat(9_000))],
  ])('401 for %s', async (_, headers) => expectBad(headers()))

  it.each<[string, () => Promise<string> | string]>([
    ['over 8 kB, though signed', () => sign({ padding: 'x'.repeat(8 * 1024) })],
    ['of another issuer', () => sign({ iss: 'https://evil.example' })],
    ['without an issuer', () => sign({ iss: undefined })],
    ['for another audience', () => sign({ aud: 'other' })],
    ['without an audience', () => sign({ aud: undefined })],
    ['that has run out', () => sign({ exp: now() - 60 })],
    ['that never runs out', () => sign({ exp: undefined })],
    ['whose exp is text', () => sign({ exp: 'never' })],
    ['without iat', () => sign({ iat: undefined })],
    ['not to be used yet', () => sign({ nbf: now() + 3_600 })],
    ['issued in the future', () => sign({ iat: now() + 3_600 })],
    ['whose iat is text', () => sign({ iat: 'x' })],
    ['without a subject', () => sign({ sub: undefined })],
    ['with an empty subject', () => sign({ sub: '' })],
    ['whose subject is no text', () => sign({ sub: { a: 1 } })],
    ['whose subject holds NUL', () => sign({ sub: 'a\0b' })],
    ['of an unknown user', () => sign({ sub: randomUUID() })],
    ['under an unknown kid', () => sign({}, { header: { kid: 'unknown' } })],
    ['under a kid that is a path', () => sign({}, { header: { kid: '../../dev/null' } })],
    [
      'without a kid',
      async () => sign({}, { key: (await generateKeyPair(usual)).privateKey, header: { kid: undefined } }),
    ],
    ['under the kid of another algorithm', () => otherAlgorithm()],
    ['signed by another key', async () => sign({}, { key: (await generateKeyPair(usual)).privateKey })],
    ['of the other issuer in this one’s name', () => ofTheOther()],
    ['signed by the key in its own header', () => embedded('jwk')],
    ['signed by a key at an address in its header', () => embedded('jku')],
    ['signed by a certificate at an address in its header', () => embedded('x5u')],
    ['that asks for what nobody knows to be understood', () => sign({}, { header: { crit: ['x'], x: 1 } })],
    ['that is not signed', () => `${base64url({ alg: 'none' })}.${owner.token.split('.')[1]}.`],
    [
      'that is not signed but looks so',
      () => `${base64url({ alg: 'none', kid: 'RS256' })}.${owner.token.split('.')[1]}.AA`,
    ],
    ['signed HS256 with the public key', () => hmac()],
    ['whose payload was changed', () => tampered()],
    ['without its signature', () => `${owner.token.split('.').slice(0, 2).join('.')}.`],
    ['whose last character differs in padding bits alone', () => lastCharacterChanged()],
    ['with padding', () => `${owner.token}==`],
  ])('401 for a token %s', async (_, token) => expectBad(bearer(await token())))

  async function otherAlgorithm() {
    if (!isOwn) return sign({}, { header: { kid: 'ES256' } })
    return sign({}, { alg: 'ES256', key: (await generateKeyPair('ES256')).privateKey })
  }

  async function ofTheOther() {
    const other = isOwn ? app().issuer : await ownTokens(app().ports)
    return other.token({ ...claims(), iss: maker.issuer })
  }

  async function embedded(header: 'jwk' | 'jku' | 'x5u') {
    const { publicKey, privateKey } = await generateKeyPair(usual, { extractable: true })
    const value = header === 'jwk' ? { jwk: await exportJWK(publicKey) } : { [header]: `${app().models.url}/jwks.json` }
    return sign({}, { key: privateKey, header: { kid: undefined, ...value } })
  }

  function hmac() {
    const { kid } = JSON.parse(Buffer.from(owner.token.split('.')[0] ?? '', 'base64url').toString())
    const signed = `${base64url({ alg: 'HS256', kid })}.${owner.token.split('.')[1]}`
    return `${signed}.${createHmac('sha256', maker.publicPem).update(signed).digest('base64url')}`
  }

  function tampered() {
    const [header, payload = '', signature] = owner.token.split('.')
    const changed = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'someone' }
    return `${header}.${base64url(changed)}.${signature}`
  }

  function lastCharacterChanged() {
    const last = owner.token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    return owner.token.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]
  }

  it('401 for the token of a deleted user', async () => {
    const { userId, token } = await memberOf(tenant.workspaceId)
    await app().ports.db.execute(sql`update users set deleted_at = now() where id = ${userId}`)
    await expectBad(bearer(token))
  })

  it.each([undefined, null, '', 1, {}])('403 no_workspace when workspace is %j', async (workspace) =>
    expectForbidden(await sign({ workspace }), 'no_workspace'),
  )

  it.each([
    ['is unknown', () => randomUUID()],
    ['is no id', () => 'x'],
    ['holds NUL', () => 'a\0b'],
    ['is two', () => `${tenant.workspaceId},${tenant.workspaceId}`],
  ])('403 forbidden when workspace %s', async (_, workspace) =>
    expectForbidden(await sign({ workspace: workspace() }), 'forbidden'),
  )

  it('403 forbidden for a workspace of which the user is no member', async () => {
    const { workspaceId } = await app().tenant()
    await expectForbidden(await sign({ workspace: workspaceId }), 'forbidden')
  })

  it('403 forbidden from the next request on for a member who was removed', async () => {
    const { userId, token } = await memberOf(tenant.workspaceId)
    await expectTaken(token)
    await app().ports.db.execute(
      sql`delete from members where workspace_id = ${tenant.workspaceId} and user_id = ${userId}`,
    )
    await expectForbidden(token, 'forbidden')
  })

  it('403 forbidden in a suspended workspace', async () => {
    const { workspaceId } = await app().tenant()
    const { token } = await memberOf(workspaceId)
    await app().ports.db.execute(sql`update workspaces set suspended_at = now() where id = ${workspaceId}`)
    await expectForbidden(token, 'forbidden')
  })

  it('what is refused as a token says no more of one fault than of another', async () => {
    const bodies = await Promise.all(
      [sign({ exp: now() - 60 }), sign({ iss: 'x' }), sign({ sub: randomUUID() }), 'a.b.c'].map(async (token) => {
        const { status, body, headers } = await playground(bearer(await token))
        return createHash('sha256')
          .update(JSON.stringify([status, body, headers['www-authenticate']]))
          .digest('hex')
      }),
    )
    expect(new Set(bodies).size).toBe(1)
  })
})

describe('bearer tokens when the issuer cannot be reached', () => {
  const app = useApp(undefined, { env: { MEVICHAT_JWKS_URL: 'http://127.0.0.1:9/jwks.json' } })

  it('503 unavailable with Retry-After: a token nobody can check is not a bad one', async () => {
    const { workspaceId } = await app().tenant()
    const { token } = await app().member(workspaceId, 'owner')
    const answer = await post(app(), '/api/chat/playground/', {}, { headers: bearer(token) })
    expectRefusal(answer, 503, 'unavailable')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bearer, get, useApp } from './scene.ts'

/** An owner's page on loopback, which these apps may fetch. */
async function page(html: string, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('what an owner’s page tells', () => {
  const app = useApp(undefined, { env: { MEVICHAT_EGRESS_ALLOW: '127.0.0.1/32' } })
  const closed = useApp()

  async function check(url: string, options: { domains?: string[]; of?: typeof app } = {}) {
    const server = (options.of ?? app)()
    const tenant = await server.tenant({ domains: options.domains ?? [] })
    const { token } = await server.member(tenant.workspaceId, 'viewer')
    const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/install-check/`
    const answer = await get(server, path, { method: 'POST', headers: bearer(token), body: { url } })
    return answer.json as { checks: { name: string; state: string; about: string }[] }
  }
  const statesOf = ({ checks }: Awaited<ReturnType<typeof check>>) =>
    Object.fromEntries(checks.map(({ name, state }) => [name, state]))

  async function checkWith(domains: string[], headers: Record<string, string> = {}, snippet?: string) {
    const tenant = await app().tenant({ domains })
    const tag = snippet ?? `<script async src="${app().url}/widget.js" data-public-key="${tenant.publicKey}"></script>`
    const url = await page(`<html><body>Shop${tag}</body></html>`, headers)
    const { token } = await app().member(tenant.workspaceId, 'viewer')
    const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/install-check/`
    const answer = await get(app(), path, { method: 'POST', headers: bearer(token), body: { url } })
    return answer.json as Awaited<ReturnType<typeof check>>
  }

  it('all is well with the snippet, a key of the bot and its domain', async () => {
    const all = { page: 'pass', snippet: 'pass', key: 'pass', origin: 'pass', https: 'pass', policy: 'pass' }
    expect(statesOf(await checkWith(['127.0.0.1']))).toEqual(all)
  })

  it('a key of any website is warned of, a foreign domain is refused with what to add', async () => {
    expect(statesOf(await checkWith([])).origin).toBe('warning')
    const report = await checkWith(['shop.example.com'])
    expect(report.checks.find(({ name }) => name === 'origin')).toMatchObject({
      state: 'fail',
      about: expect.stringMatching(/does not allow 127\.0\.0\.1:\d+\. Add it/),
    })
  })

  it('a policy that blocks the widget is named with what to add', async () => {
    const report = await checkWith(['127.0.0.1'], { 'content-security-policy': "default-src 'self'" })
    expect(report.checks.find(({ name }) => name === 'policy')).toMatchObject({
      state: 'fail',
      about: expect.stringContaining(`${app().url} to script-src and ${app().url} to connect-src`),
    })
  })

  it('no snippet, another server’s, and another bot’s key are told apart', async () => {
    expect(statesOf(await checkWith([], {}, ''))).toMatchObject({ snippet: 'fail', key: 'unknown' })
    const foreign = '<script src="https://other.example/widget.js" data-public-key="mvc_pk_00000000"></script>'
    expect(statesOf(await checkWith([], {}, foreign))).toMatchObject({ snippet: 'fail', key: 'fail' })
    const manager = '<script src="https://www.googletagmanager.com/gtm.js?id=GTM-1"></script>'
    expect(statesOf(await checkWith([], {}, manager)).snippet).toBe('warning')
  })

  it('an address inside is not fetched, and a dead one is said so', async () => {
    expect(await check('http://127.0.0.1:1/', { of: closed })).toMatchObject({
      checks: [{ name: 'page', state: 'fail', about: expect.stringContaining('not on the public internet') }],
    })
    expect(statesOf(await check('http://127.0.0.1:9/'))).toEqual({ page: 'fail' })
  })

  it('POST …/look-at-site/ › name, language and colour; 400 in words for what cannot be read', async () => {
    const { workspaceId } = await app().tenant()
    const { token } = await app().member(workspaceId, 'editor')
    const look = (url: string) =>
      get(app(), `/api/workspaces/${workspaceId}/look-at-site/`, {
        method: 'POST',
        headers: bearer(token),
        body: { url },
      })
    const url = await page('<html lang="nl"><title>Bakkerij Bos</title><meta name="theme-color" content="#0a7d55">')
    expect((await look(url)).json).toEqual({
      url,
      name: 'Bakkerij Bos',
      description: null,
      language: 'nl',
      accent: '#0a7d55',
    })
    expect(await look('ftp://example.com')).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining('ftp') },
    })
  })
})

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startModelServer } from '../../../testing/model-server.ts'
import type { Mode } from '../../../testing/model-server-modes.ts'
import { readEgressAllow } from '../address-check.ts'
import { testAccount } from './account-test.ts'
import { openCheckedPool } from './provider-address.ts'

const apiKey = 'sk-canary-of-a-key'
const trust = (...entries: string[]) => ({
  allow: readEgressAllow(entries),
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
})

async function tryAt(url: string, provider: 'openai' | 'anthropic', model: string | null) {
  const pool = openCheckedPool(trust(new URL(url).host))
  try {
    const baseUrl = provider === 'openai' ? `${url}/v1` : url
    return await testAccount(pool, { provider, apiKey, baseUrl }, model)
  } finally {
    await pool.destroy()
  }
}

/** A server that answers as it is told: first the list of models, then the chat. */
async function serving(...answers: [status: number, body: string, headers?: Record<string, string>][]) {
  const asked: (string | undefined)[] = []
  let next = 0
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url)
    const [status, body, headers] = answers[next++] ?? [500, '']
    request.resume().once('end', () => response.writeHead(status, headers).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.each(['openai', 'anthropic'] as const)('a key for %s', (provider) => {
  test('that is good is found good by a list of models and a word of the model', async () => {
    await using server = await startModelServer()
    expect(await tryAt(server.url, provider, 'test-model')).toBeNull()
    expect(server.calls.map(({ kind }) => kind)).toEqual(['models', 'chat'])
    expect(await tryAt(server.url, provider, null)).toBeNull()
    expect(server.calls.slice(2).map(({ kind }) => kind)).toEqual(['models'])
  })

  test.each<[Mode, string]>([
    ['http401', 'key_refused'],
    ['http429_retry_after', 'too_many_requests'],
    ['http500', 'failing'],
    ['html200', 'not_a_provider'],
    ['json200_error', 'not_a_provider'],
  ])('whose server answers with %s is %s, and the key is in no word of it', async (mode, code) => {
    await using server = await startModelServer({ mode })
    const problem = await tryAt(server.url, provider, 'test-model')
    expect(problem).toMatchObject({ code, message: expect.stringContaining(new URL(server.url).host) })
    expect(JSON.stringify(problem)).not.toContain('canary')
  })
})

const list = [200, '{"data":[]}', { 'content-type': 'application/json' }] as [number, string, Record<string, string>]
const json = { 'content-type': 'application/json' }
const events = { 'content-type': 'text/event-stream' }

describe('what a provider says is said in words', () => {
  test.each([
    ['no credit, with OpenAI', 429, `{"error":{"message":"${apiKey}","code":"insufficient_quota"}}`, 'no_quota'],
    ['no credit, with Anthropic', 400, '{"error":{"message":"Your credit balance is too low"}}', 'no_quota'],
    ['payment required', 402, '', 'no_quota'],
    ['no such model', 404, '{"error":{"code":"model_not_found"}}', 'model_missing'],
    ['no such model, as a bad request', 400, '{"error":{"message":"The model `x` does not exist"}}', 'model_missing'],
    ['a parameter that it does not take', 400, '{"error":{"param":"stream_options"}}', null],
    ['a redirect', 307, '', 'not_a_provider'],
    ['no stream', 200, '{}', 'not_a_provider'],
  ])('%s', async (_, status, body, code) => {
    await using server = await serving(list, [status, body, json])
    const problem = await tryAt(server.url, 'openai', 'some-model')
    expect(problem?.code ?? null).toBe(code)
    expect(JSON.stringify(problem)).not.toContain('canary')
  })

  test('a server without a list of models is asked for a word of the model', async () => {
    await using server = await serving([404, ''], [200, 'data: {}\n\n', events])
    expect(await tryAt(server.url, 'openai', 'some-model')).toBeNull()
    await using bare = await serving([404, ''])
    expect(await tryAt(bare.url, 'openai', null)).toMatchObject({ code: 'not_a_provider' })
  })

  test('a redirect is not followed, so that the key goes nowhere else', async () => {
    await using other = await startModelServer()
    await using server = await serving([302, '', { location: `${other.url}/v1/models` }])
    expect(await tryAt(server.url, 'openai', null)).toMatchObject({ code: 'not_a_provider' })
    expect(other.callCount).toBe(0)
  })

  test('nothing at all', async () => {
    await using server = await startModelServer({ mode: 'slow_first' })
    const pool = openCheckedPool(trust(new URL(server.url).host))
    const account = { provider: 'openai' as const, apiKey, baseUrl: `${server.url}/v1` }
    expect(await testAccount(pool, account, null, 100)).toMatchObject({ code: 'timed_out' })
    await pool.destroy()
  })

  test('nobody there', async () => {
    const closed = await serving()
    await closed[Symbol.asyncDispose]()
    expect(await tryAt(closed.url, 'openai', null)).toMatchObject({ code: 'not_reachable' })
  })
})

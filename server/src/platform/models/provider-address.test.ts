import { describe, expect, test } from 'vitest'
import { startModelServer } from '../../../testing/model-server.ts'
import { readEgressAllow } from '../address-check.ts'
import { systemClock } from '../clock.ts'
import type { Resolve } from '../safe-fetch.ts'
import { testAccount } from './account-test.ts'
import { openAiChatModel } from './openai.ts'
import { openCheckedPool, readProviderAddress, requireReachable } from './provider-address.ts'

const nobody = readEgressAllow([])

describe('the address of a credential', () => {
  test.each([
    ['https://api.example.com/v1/', 'https://api.example.com/v1'],
    ['https://api.example.com', 'https://api.example.com'],
    [
      'https://x.openai.azure.com/openai?api-version=2024-12-01',
      'https://x.openai.azure.com/openai?api-version=2024-12-01',
    ],
  ])('%s is kept as %s', (text, kept) => {
    expect(readProviderAddress(nobody, text)).toBe(kept)
  })

  test.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is refused because it looks so
    ['https://evil.example/${JWT_SECRET}', 'invalid_url'],
    ['https://evil.example/{{OPENAI_API_KEY}}', 'invalid_url'],
    ['https://evil.example/%{x}', 'invalid_url'],
    ['https://user:password@evil.example/v1', 'invalid_url'],
    ['https://evil.example/v1#x', 'invalid_url'],
    ['file:///etc/passwd', 'invalid_url'],
    [`https://evil.example/${'a'.repeat(500)}`, 'invalid_url'],
    ['http://api.example.com/v1', 'unsupported_scheme'],
  ])('%s is refused as it stands', (text, code) => {
    expect(() => readProviderAddress(nobody, text)).toThrow(expect.objectContaining({ code }))
  })

  test('http is taken where the operator names host and port', () => {
    expect(readProviderAddress(readEgressAllow(['ollama.lan:11434']), 'http://ollama.lan:11434/v1')).toBeTruthy()
  })
})

describe.each([
  ['https://127.0.0.1/v1'],
  ['https://[::1]/v1'],
  ['https://2130706433/v1'],
  ['https://169.254.169.254/v1'],
  ['https://[::ffff:10.0.0.1]/v1'],
  ['https://inside.example/v1'],
  ['https://api.example.com:8443/v1'],
])('%s', (address) => {
  const resolve: Resolve = async (host) => [
    { address: host === 'inside.example' ? '10.0.0.1' : '93.184.215.14', family: 4 },
  ]

  test('is refused when it is given', async () => {
    const egress = { allow: nobody, resolve }
    await expect(requireReachable(egress, new URL(address))).rejects.toMatchObject({ code: 'blocked_address' })
  })

  test('is refused when it is connected to, whatever was stored', async () => {
    const pool = openCheckedPool({ allow: nobody, resolve })
    const account = { provider: 'openai' as const, apiKey: 'sk-1', baseUrl: address }
    expect(await testAccount(pool, account, null)).toMatchObject({ code: 'blocked_address' })
    await pool.destroy()
  })
})

describe('a name that changes its address after the check', () => {
  test('is checked at each connection, and connected to where it was checked', async () => {
    await using server = await startModelServer()
    const { port } = new URL(server.url)
    const answers = ['127.0.0.1', '127.0.0.2']
    const asked: string[] = []
    const resolve: Resolve = async () => {
      const address = answers[asked.length] ?? '127.0.0.2'
      asked.push(address)
      return [{ address, family: 4 }]
    }
    const pool = openCheckedPool({ allow: readEgressAllow(['127.0.0.1', `models.test:${port}`]), resolve })
    const account = { provider: 'openai' as const, apiKey: 'sk-1', baseUrl: `http://models.test:${port}/v1` }
    expect(await testAccount(pool, account, null)).toBeNull()
    expect(asked).toEqual(['127.0.0.1'])
    await pool.destroy()
  })
})

test('a blocked address ends a reply as a provider that cannot be reached', async () => {
  const pool = openCheckedPool({ allow: nobody, resolve: async () => [{ address: '10.0.0.1', family: 4 }] })
  const model = openAiChatModel({ clock: systemClock, pool }, { apiKey: 'sk-1', baseUrl: 'https://inside.example/v1' })
  const request = { model: 'x', system: '', messages: [], evidence: [], unknownAnswer: '', temperature: null }
  const reply = model.stream({ ...request, maxOutputTokens: 10 }, AbortSignal.timeout(10_000))
  await expect(reply[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'llm_unavailable' })
  await pool.destroy()
})

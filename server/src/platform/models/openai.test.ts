import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../../../testing/model-server.ts'
import { systemClock } from '../clock.ts'
import { anthropicChatModel } from './anthropic.ts'
import { type ModelPorts, openPool } from './exchange.ts'
import type { ChatModel, ChatModelRequest } from './models.ts'
import { openAiChatModel } from './openai.ts'

const request: ChatModelRequest = {
  model: 'some-model',
  system: 'Be brief.',
  messages: [
    { role: 'assistant', content: 'An answer whose question was cut off.' },
    { role: 'user', content: 'Hello?' },
  ],
  evidence: [],
  unknownAnswer: '',
  temperature: null,
  maxOutputTokens: 300,
}

let server: ModelServer
let ports: ModelPorts

beforeAll(async () => {
  server = await startModelServer()
  ports = { clock: systemClock, pool: openPool() }
})
afterAll(async () => {
  await ports.pool.destroy()
  await server[Symbol.asyncDispose]()
})

/** The call that a model makes: whatever host it is meant for, it arrives at the server here. */
async function callOf(open: (ports: ModelPorts) => ChatModel, own: Partial<ChatModelRequest> = {}) {
  const redirected: ModelPorts = { ...ports, pool: Object.create(ports.pool) }
  let origin = ''
  redirected.pool.dispatch = (options, handler) => {
    origin = String(options.origin)
    return ports.pool.dispatch({ ...options, origin: server.url }, handler)
  }
  for await (const _ of open(redirected).stream({ ...request, ...own }, AbortSignal.timeout(10_000)));
  const call = server.calls.at(-1)
  if (!call) throw new Error('no call was made')
  return { ...call, origin }
}

describe('OpenAI', () => {
  test('its own service: a bearer, max_completion_tokens, no reasoning', async () => {
    const account = { apiKey: 'sk-1', baseUrl: 'https://api.openai.com/v1' }
    const { origin, path, headers, body } = await callOf((its) => openAiChatModel(its, account), { temperature: 0.2 })
    expect(`${origin}${path}`).toBe('https://api.openai.com/v1/chat/completions')
    expect(headers.authorization).toBe('Bearer sk-1')
    expect(body).toEqual({
      model: 'some-model',
      messages: [{ role: 'system', content: 'Be brief.' }, ...request.messages],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 300,
      temperature: 0.2,
      reasoning_effort: 'none',
    })
  })

  test('Azure: its header, and its query string after the path', async () => {
    const baseUrl = 'https://mine.openai.azure.com/openai/deployments/chat?api-version=2025-04-01'
    const call = await callOf((its) => openAiChatModel(its, { apiKey: 'az', baseUrl }))
    expect(call.url).toBe('/openai/deployments/chat/chat/completions?api-version=2025-04-01')
    expect(call.headers).toMatchObject({ 'api-key': 'az' })
    expect(call.headers.authorization).toBeUndefined()
    expect(call.body).toMatchObject({ max_completion_tokens: 300 })
  })

  test('another server: max_tokens, no temperature unless one is set, no key where there is none', async () => {
    const account = { apiKey: null, baseUrl: 'http://localhost:11434/v1/' }
    const { path, headers, body } = await callOf((its) => openAiChatModel(its, account))
    expect(path).toBe('/v1/chat/completions')
    expect(headers.authorization).toBeUndefined()
    expect(body).toMatchObject({ max_tokens: 300 })
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream', 'stream_options'])
  })

  test('a server that knows only max_completion_tokens is given that', async () => {
    server.refusedParameters.push('max_tokens')
    const { body } = await callOf((its) => openAiChatModel(its, { apiKey: 'k', baseUrl: 'https://gateway.example/v1' }))
    server.refusedParameters.pop()
    expect(body).toMatchObject({ max_completion_tokens: 300 })
    expect(body).not.toHaveProperty('max_tokens')
  })
})

describe('Anthropic', () => {
  test('its headers, the conversation from its user’s first turn on, no thinking', async () => {
    const account = { apiKey: 'sk-ant', baseUrl: 'https://api.anthropic.com' }
    const { origin, path, headers, body } = await callOf((its) => anthropicChatModel(its, account), {
      temperature: 1.5,
    })
    expect(`${origin}${path}`).toBe('https://api.anthropic.com/v1/messages')
    expect(headers).toMatchObject({ 'x-api-key': 'sk-ant', 'anthropic-version': '2023-06-01' })
    expect(body).toEqual({
      model: 'some-model',
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hello?' }],
      max_tokens: 300,
      stream: true,
      temperature: 1,
      thinking: { type: 'disabled' },
    })
  })
})

test.each([
  'plain words',
  'with "quotes" and \\ and a\nline',
  '{"delta":{"content":"x"},"finish_reason":null}]}',
  'Ünïcödé 😀',
])('the text %j comes as it was written, whether its chunks need to be parsed or not', async (reply) => {
  server.settings = { ...server.settings, reply }
  const model = openAiChatModel(ports, { apiKey: 'k', baseUrl: `${server.url}/v1` })
  let text = ''
  for await (const chunk of model.stream(request, new AbortController().signal)) if ('text' in chunk) text += chunk.text
  expect(text).toBe(reply)
})

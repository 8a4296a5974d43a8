import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../../../testing/model-server.ts'
import { systemClock } from '../clock.ts'
import { anthropicChatModel } from './anthropic.ts'
import { type ModelPorts, openPool } from './exchange.ts'
import type { ChatModel, ChatModelRequest } from './models.ts'
import { openAiChatModel, openAiWire } from './openai.ts'
import type { Reply } from './wire.ts'

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

/** What is read of one event, as a reply or as a refusal. */
function readAlone(data: string): Reply | string {
  const reply: Reply = { text: '', hasOutput: false, finish: null, usage: null, isDone: false }
  try {
    openAiWire({ apiKey: 'k', baseUrl: 'https://api.openai.com/v1' }).read(
      { data, id: undefined, event: undefined },
      reply,
    )
    return reply
  } catch (error) {
    return error instanceof SyntaxError ? 'malformed' : String(error)
  }
}

const chunk = (before: string, after = '', choice = '') =>
  `{${before}"choices":[{"index":0,"delta":{"content":" words"},${choice}"finish_reason":null}]${after}}`

const chunks = {
  OpenAI: chunk(
    '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-6-luna","service_tier":"default","system_fingerprint":null,',
    ',"usage":null,"obfuscation":"AbCd"',
    '"logprobs":null,',
  ),
  'Azure, with its filters':
    '{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":" words"},"finish_reason":null,"index":0,"logprobs":null}],"created":1,"id":"chatcmpl-1","model":"gpt-6-luna","object":"chat.completion.chunk","system_fingerprint":"fp_1"}',
  Ollama:
    '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.2:3b","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" words"},"finish_reason":null}]}',
  vLLM: chunk(
    '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"org/some-model",',
    '',
    '"logprobs":null,',
  ).replace('"finish_reason":null', '"finish_reason":null,"token_ids":null'),
  Gemini:
    '{"choices":[{"delta":{"content":" words","role":"assistant"},"index":0}],"created":1,"id":"x","model":"gemini","object":"chat.completion.chunk"}',
  'one that says no reason as an empty one': chunk('"id":"x",').replace('"finish_reason":null', '"finish_reason":""'),
}

test.each(Object.entries(chunks))('a chunk of %s is its text and no end', (_, data) => {
  expect(readAlone(data)).toEqual({ text: ' words', hasOutput: false, finish: null, usage: null, isDone: false })
})

test('what Azure says of the prompt before any choice is no text', () => {
  const data = '{"choices":[],"created":0,"id":"","prompt_filter_results":[{"prompt_index":0}]}'
  expect(readAlone(data)).toMatchObject({ text: '', finish: null })
})

describe('the short way of reading a chunk says what parsing it says', () => {
  // With a blank behind it a chunk is always parsed.
  const expectSame = (data: string) => expect(readAlone(data)).toEqual(readAlone(`${data} `))

  test.each([
    ['two lines of data in one event', `${chunk('"id":"a",')}\n${chunk('"id":"a",')}`],
    ['two objects run together', chunk('') + chunk('')],
    ['the first half of a chunk lost', `{"id":"a","choices":[{"ind${chunk('"id":"a",')}`],
    ['something else before it', `HTTP 500 ${chunk('')}`],
    ['an error beside the choices', chunk('"error":{"code":"invalid_api_key"},')],
    ['usage before the choices', chunk('"usage":{"prompt_tokens":5,"completion_tokens":6},')],
    ['a control character in what is skipped', chunk('', ',"obfuscation":"a\tb"')],
    ['choices within an error', `{"error":{"message":"m",${chunk('').slice(1)}`],
    ['a number that is none', chunk('"created":01,')],
  ])('%s', (_, data) => expectSame(data))

  test('any chunk, whatever is put in it or taken out', () => {
    const scrap = fc.constantFrom(
      ...['', '{', '}', ']', ',', '"', '\\', '\n', '\t', '\u0085', '0', 'null', '"a"', '"a":1,', '"usage":null,'],
      ...['"error":{"code":"x"},', '"usage":{"prompt_tokens":5},', '"finish_reason":"stop",', '"content":"\\u0041",'],
      ...['"choices":[],', ...Object.values(chunks)],
    )
    const edit = fc.record({ at: fc.nat(60), without: fc.nat(3), scrap })
    const parts = (text: string) => text.match(/"[^"]*":?|[{}[\],\n]|[^"{}[\],\n]+/g) ?? []
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(chunks)), fc.array(edit, { maxLength: 3 }), (data, edits) => {
        const edited = edits.reduce((text, { at, without, scrap }) => {
          const all = parts(text)
          return all.toSpliced(at % (all.length + 1), without, scrap).join('')
        }, data)
        expectSame(edited)
      }),
      { numRuns: 2_000 },
    )
  })
})

import { createServer } from 'node:net'
import type { Dispatcher } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../../../testing/model-server.ts'
import { modes } from '../../../testing/model-server-modes.ts'
import { systemClock } from '../clock.ts'
import { anthropicChatModel } from './anthropic.ts'
import { type ModelPorts, type ModelTimeouts, modelTimeouts, openPool } from './exchange.ts'
import { type ChatModel, type ChatModelRequest, ModelError, type ModelErrorCode, type ModelFinish } from './models.ts'
import { openAiChatModel } from './openai.ts'

const key = 'sk-very-secret-42'
const timeouts: ModelTimeouts = { ...modelTimeouts, closingMs: 200 }
const impatient: Partial<Record<string, ModelTimeouts>> = {
  slow_first: { ...timeouts, firstTokenMs: 300 },
  stall_mid: { ...timeouts, idleMs: 300 },
}
const inAll: ModelTimeouts = { ...timeouts, totalMs: 500 }

const adapters = [
  {
    name: 'openai',
    open: (ports: ModelPorts, url: string, own = timeouts) =>
      openAiChatModel(ports, { apiKey: key, baseUrl: `${url}/v1` }, own),
    withheld: 'content_filter',
    cut: 'length',
  },
  {
    name: 'anthropic',
    open: (ports: ModelPorts, url: string, own = timeouts) =>
      anthropicChatModel(ports, { apiKey: key, baseUrl: url }, own),
    withheld: 'refusal',
    cut: 'max_tokens',
  },
]

const request: ChatModelRequest = {
  model: 'some-model',
  system: 'You answer from the sources.',
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: 'How do refunds work?' },
  ],
  evidence: [],
  unknownAnswer: 'I do not know.',
  temperature: null,
  maxOutputTokens: 300,
}

interface Outcome {
  text: string
  chunks: string[]
  finishes: ModelFinish[]
  error: unknown
}

async function collect(model: ChatModel, own: Partial<ChatModelRequest> = {}, signal = AbortSignal.timeout(30_000)) {
  const outcome: Outcome = { text: '', chunks: [], finishes: [], error: null }
  try {
    for await (const chunk of model.stream({ ...request, ...own }, signal)) {
      if ('finish' in chunk) outcome.finishes.push(chunk)
      else outcome.chunks.push(chunk.text)
    }
  } catch (error) {
    outcome.error = error
  }
  outcome.text = outcome.chunks.join('')
  return outcome
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

const whole = 'the answer to your question stands in these words that a model would have'
const beforeFault = 'the answer to your question'
type Expected = { text: string; calls: number } & ({ finish: 'stop' } | { code: ModelErrorCode })

const expected: Record<(typeof modes)[number], Expected> = {
  ok: { text: whole, finish: 'stop', calls: 1 },
  slow_first: { text: '', code: 'llm_timeout', calls: 2 },
  stall_mid: { text: beforeFault, code: 'llm_timeout', calls: 1 },
  reset: { text: beforeFault, code: 'llm_unavailable', calls: 1 },
  fin_early: { text: beforeFault, code: 'llm_unavailable', calls: 1 },
  no_done: { text: whole, finish: 'stop', calls: 1 },
  http401: { text: '', code: 'llm_auth_failed', calls: 1 },
  http429_retry_after: { text: '', code: 'llm_unavailable', calls: 2 },
  http500: { text: '', code: 'llm_unavailable', calls: 2 },
  html200: { text: '', code: 'llm_unavailable', calls: 1 },
  json200_error: { text: '', code: 'llm_unavailable', calls: 1 },
  bad_json_chunk: { text: beforeFault, code: 'llm_unavailable', calls: 1 },
  split_utf8: { text: `${whole} – é漢字🎉 done`, finish: 'stop', calls: 1 },
  split_every_byte: { text: `${whole} – é漢字🎉 done`, finish: 'stop', calls: 1 },
  crlf: { text: whole, finish: 'stop', calls: 1 },
  blank_data: { text: whole, finish: 'stop', calls: 1 },
  huge_line: { text: beforeFault, code: 'llm_unavailable', calls: 1 },
  empty: { text: '', code: 'llm_unavailable', calls: 1 },
  dup_done: { text: whole, finish: 'stop', calls: 1 },
  flood: { text: beforeFault, code: 'llm_unavailable', calls: 1 },
  flood500: { text: '', code: 'llm_unavailable', calls: 2 },
  echo: { text: 'You answer from the sources.\n\nHello\n\nHi\n\nHow do refunds work?', finish: 'stop', calls: 1 },
}

describe.each(adapters)('$name', ({ name, open, withheld, cut }) => {
  const callsOf = (model: string) => server.chatCalls().filter((call) => call.model === model)

  test.each(modes)('a provider in mode %s', async (mode) => {
    const model = `mode:${mode}?tokens=14&from=${name}`
    const outcome = await collect(open(ports, server.url, impatient[mode]), { model })
    const wanted = expected[mode]
    expect(outcome.text).toBe(wanted.text)
    expect(callsOf(model)).toHaveLength(wanted.calls)
    if ('finish' in wanted) {
      expect(outcome.error).toBeNull()
      expect(outcome.finishes).toEqual([{ finish: 'stop', usage: expect.anything() }])
    } else {
      expect(outcome.finishes).toEqual([])
      expect(outcome.error).toBeInstanceOf(ModelError)
      expect(outcome.error).toMatchObject({ code: wanted.code })
    }
  })

  test('nothing a provider says in a refusal gets into the error', async () => {
    const { error } = await collect(open(ports, server.url), { model: 'mode:http401' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(key)
    expect(String(error)).toContain('401')
  })

  test('one retry mends a failure before the first token', async () => {
    const own = await startModelServer()
    own.script.push('http500')
    const outcome = await collect(open(ports, own.url))
    expect(outcome).toMatchObject({ error: null, text: expect.stringContaining('the answer') })
    expect(own.callCount).toBe(2)
    await own[Symbol.asyncDispose]()
  })

  test('a cut before the first token is retried, one after it is not', async () => {
    const before = `mode:reset?faultAfter=0&from=${name}`
    expect(await collect(open(ports, server.url), { model: before })).toMatchObject({ text: '' })
    expect(callsOf(before)).toHaveLength(2)
  })

  test('a provider that wants to be left alone for a minute is not tried again', async () => {
    const model = `mode:http429_retry_after?retryAfterSeconds=60&from=${name}`
    const { error } = await collect(open(ports, server.url), { model })
    expect(error).toMatchObject({ code: 'llm_unavailable', retryAfterMs: 60_000 })
    expect(callsOf(model)).toHaveLength(1)
  })

  test('an answer that was cut at its limit ends with length', async () => {
    const { finishes } = await collect(open(ports, server.url), { model: `mode:ok?finishReason=${cut}` })
    expect(finishes).toMatchObject([{ finish: 'length' }])
  })

  test('an answer that the provider withheld is a failure, not tried again', async () => {
    const model = `mode:ok?finishReason=${withheld}&from=${name}`
    const outcome = await collect(open(ports, server.url), { model })
    expect(outcome.error).toMatchObject({ code: 'llm_unavailable', isRetryable: false })
    expect(callsOf(model)).toHaveLength(1)
  })

  test('usage is told, and its absence survived', async () => {
    const told = await collect(open(ports, server.url), { model: 'mode:ok?tokens=7' })
    expect(told.finishes[0]?.usage).toEqual({ inputTokens: expect.any(Number), outputTokens: 7 })
    const own = await startModelServer({ reportsUsage: false })
    const untold = await collect(open(ports, own.url))
    expect(untold.error).toBeNull()
    if (name === 'openai') expect(untold.finishes).toEqual([{ finish: 'stop', usage: null }])
    await own[Symbol.asyncDispose]()
  })

  test('a reply sent at once comes in few pieces, one sent slowly token by token', async () => {
    const burst = await collect(open(ports, server.url), { model: 'mode:ok?tokens=64' })
    expect(burst.chunks.length).toBeLessThan(8)
    const paced = await collect(open(ports, server.url), { model: 'mode:ok?tokens=10&paceMs=30' })
    expect(paced.chunks.length).toBeGreaterThan(5)
    expect(paced.text.split(' ')).toHaveLength(10)
  })

  test('connections are used again', async () => {
    const own = { clock: systemClock, pool: openPool() }
    const model = open(own, server.url)
    for (let i = 0; i < 10; i++) await collect(model, { model: `mode:ok?from=${name}-again` })
    // A reply's connection may be free only after the next one has begun.
    const ports = new Set(callsOf(`mode:ok?from=${name}-again`).map((call) => call.port))
    expect(ports.size).toBeLessThanOrEqual(2)
    await own.pool.destroy()
  })

  test('an abort ends the call upstream and throws its reason', async () => {
    const model = `mode:ok?tokens=1000&paceMs=20&from=${name}`
    const stop = new AbortController()
    const reason = new Error('the visitor pressed Stop')
    const reply = open(ports, server.url).stream({ ...request, model }, stop.signal)
    const seen: string[] = []
    await expect(async () => {
      for await (const chunk of reply) {
        if ('text' in chunk) seen.push(chunk.text)
        stop.abort(reason)
      }
    }).rejects.toBe(reason)
    expect(seen.length).toBeGreaterThan(0)
    await expect.poll(() => callsOf(model)[0]?.wasCut).toBe(true)
  })

  test('a signal that is aborted already makes no call', async () => {
    const model = `mode:ok?from=${name}-aborted`
    const { error } = await collect(open(ports, server.url), { model }, AbortSignal.abort('gone'))
    expect(error).toBe('gone')
    expect(callsOf(model)).toHaveLength(0)
  })

  test('a reader that turns away ends the call upstream', async () => {
    const model = `mode:ok?tokens=1000&paceMs=20&from=${name}-left`
    for await (const _ of open(ports, server.url).stream({ ...request, model }, AbortSignal.timeout(30_000))) break
    await expect.poll(() => callsOf(model)[0]?.wasCut).toBe(true)
  })

  test('a parameter that the model does not take is left out, and from then on', async () => {
    const own = await startModelServer()
    own.refusedParameters.push('temperature')
    const model = open(ports, own.url)
    expect(await collect(model, { temperature: 0.3 })).toMatchObject({ error: null })
    expect(own.calls.map(({ body }) => body.temperature)).toEqual([0.3, undefined])
    expect(await collect(model, { temperature: 0.3 })).toMatchObject({ error: null })
    expect(own.callCount).toBe(3)
    await own[Symbol.asyncDispose]()
  })

  test('the first questions of a model that refuses a parameter are all answered, however many come at once', async () => {
    const own = await startModelServer()
    own.refusedParameters.push('temperature')
    const model = open(ports, own.url)
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => collect(model, { temperature: 0.3 })))
    expect(outcomes.map(({ error }) => error)).toEqual([null, null, null, null])
    expect(own.callCount).toBe(8)
    await own[Symbol.asyncDispose]()
  })

  test('a provider that is not there', async () => {
    const { error } = await collect(open(ports, 'http://127.0.0.1:9'))
    expect(error).toMatchObject({ code: 'llm_unavailable' })
  })

  test('a provider that takes the connection and says nothing, before TLS and after', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const quick = { clock: systemClock, pool: openPool({ connectMs: 200 }) }
    const noHandshake = await collect(open(quick, `https://127.0.0.1:${port}`))
    expect(noHandshake.error).toMatchObject({ code: 'llm_timeout' })
    const noAnswer = await collect(open(quick, `http://127.0.0.1:${port}`, impatient.slow_first))
    expect(noAnswer.error).toMatchObject({ code: 'llm_timeout' })
    await quick.pool.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  test('a reply that is complete but never hung up ends after a moment', async () => {
    const own = await startModelServer({ mode: 'no_done', hangsUp: false })
    const outcome = await collect(open(ports, own.url))
    expect(outcome).toMatchObject({ error: null, finishes: [{ finish: 'stop' }] })
    await own[Symbol.asyncDispose]()
  })

  test('one that drips on ends when its whole time is over, whether or not it has said that it is complete', async () => {
    const cut = await collect(open(ports, server.url, inAll), { model: 'mode:stall_mid?pingMs=20' })
    expect(cut).toMatchObject({ text: beforeFault, error: { code: 'llm_timeout' } })
    const complete = { model: `mode:no_done?tokens=5&hangsUp=false&pingMs=20&from=${name}` }
    expect(await collect(open(ports, server.url, inAll), complete)).toMatchObject({ text: beforeFault, error: null })
    expect(await collect(open(ports, server.url), complete)).toMatchObject({ text: beforeFault, error: null })
  })

  test.each(['ok', 'no_done'])('the connection of a complete reply that drips on is let go: %s', async (mode) => {
    const model = `mode:${mode}?hangsUp=false&pingMs=20&from=${name}`
    expect(await collect(open(ports, server.url), { model })).toMatchObject({ error: null })
    await expect.poll(() => callsOf(model)[0]?.wasCut).toBe(true)
  })

  test('a reply far longer than it was asked for is cut and is a failure; one of many tokens may be long', async () => {
    const model = `mode:ok?tokens=10000&from=${name}`
    const short = await collect(open(ports, server.url), { model, maxOutputTokens: 16 })
    expect(short.error).toMatchObject({ code: 'llm_unavailable', message: expect.stringContaining('more than') })
    expect(short.text.length).toBeLessThanOrEqual(16 * 2_048)
    const long = await collect(open(ports, server.url), { model, maxOutputTokens: 10_000 })
    expect(long.error).toBeNull()
    expect(long.text.split(' ')).toHaveLength(10_000)
  })

  test('a provider is not read further ahead than half a megabyte of a reader that pauses', async () => {
    let controller: Dispatcher.DispatchController | null = null
    let bytes = 0
    const watched: ModelPorts = { ...ports, pool: Object.create(ports.pool) }
    watched.pool.dispatch = (options, handler) =>
      ports.pool.dispatch(options, {
        ...handler,
        onRequestStart(started, context) {
          controller = started
          handler.onRequestStart?.(started, context)
        },
        onResponseData(flow, some) {
          bytes += some.length
          handler.onResponseData?.(flow, some)
        },
      })
    const own = await startModelServer({ reply: `${'x'.repeat(8_000)} `.repeat(500) })
    const reply = open(watched, own.url).stream({ ...request, maxOutputTokens: 1_000_000 }, AbortSignal.timeout(30_000))
    let chars = 0
    for await (const chunk of reply) {
      if ('finish' in chunk) continue
      if (chars === 0) {
        await expect.poll(() => controller?.paused).toBe(true)
        expect(bytes).toBeLessThan(512 * 1024)
      }
      chars += chunk.text.length
    }
    expect(chars).toBe(500 * 8_001)
    await own[Symbol.asyncDispose]()
  })

  test('after a burst of failures the provider is left alone, then tried once, then used again', async () => {
    const own = await startModelServer({ mode: 'http500' })
    const clock = { ...systemClock, offset: 0, monotonicMs: () => performance.now() + clock.offset }
    const model = open({ ...ports, clock }, own.url)
    for (let i = 0; i < 40; i++) expect(await collect(model)).toMatchObject({ error: { code: 'llm_unavailable' } })
    expect(own.callCount).toBeLessThan(10)

    const before = own.callCount
    clock.offset += 6_000
    await collect(model)
    await collect(model)
    expect(own.callCount).toBe(before + 1)

    own.settings.mode = 'ok'
    clock.offset += 6_000
    expect(await collect(model)).toMatchObject({ error: null })
    expect(await collect(model)).toMatchObject({ error: null })
    await own[Symbol.asyncDispose]()
  })

  test('the provider is used again as soon as the reply that was tried has begun', async () => {
    const own = await startModelServer({ mode: 'http500' })
    const clock = { ...systemClock, offset: 0, monotonicMs: () => performance.now() + clock.offset }
    const model = open({ ...ports, clock }, own.url)
    for (let i = 0; i < 10; i++) await collect(model)
    clock.offset += 6_000
    own.settings = { ...own.settings, mode: 'ok', tokens: 1_000, paceMs: 20 }
    for await (const _ of model.stream(request, AbortSignal.timeout(30_000))) {
      own.settings = { ...own.settings, paceMs: 0 }
      expect(await collect(model)).toMatchObject({ error: null })
      break
    }
    await own[Symbol.asyncDispose]()
  })

  test('replies that break off after their first text are failures of the provider too', async () => {
    const own = await startModelServer({ mode: 'reset' })
    const model = open(ports, own.url)
    for (let i = 0; i < 10; i++) await collect(model)
    expect(own.callCount).toBe(5)
    await own[Symbol.asyncDispose]()
  })

  test('retries stay within a tenth of the requests when one in ten fails', async () => {
    const own = await startModelServer()
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms < 600 ? 0 : ms, signal),
    }
    const model = open({ ...ports, clock }, own.url)
    const requests = 200
    for (let i = 0; i < requests; i++) {
      if (i % 10 === 0) own.script.push('http500')
      await collect(model)
    }
    expect(own.callCount).toBeGreaterThan(requests)
    expect(own.callCount).toBeLessThanOrEqual(requests * 1.1)
    await own[Symbol.asyncDispose]()
  })
})

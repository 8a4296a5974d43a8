import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../../../testing/model-server.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type ModelPorts, openPool } from './exchange.ts'
import { openAiEmbeddingModel } from './openai-embeddings.ts'

let server: ModelServer
let ports: ModelPorts
let slept: number[]

beforeEach(async () => {
  server = await startModelServer()
  slept = []
  // Retries do not wait here; the timeout of a call is left to run.
  const clock: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      if (ms >= 10_000) return systemClock.sleep(ms, signal)
      slept.push(ms)
      return Promise.resolve()
    },
  }
  ports = { clock, pool: openPool() }
})
afterEach(async () => {
  await ports.pool.destroy()
  await server[Symbol.asyncDispose]()
})

const open = (model = 'text-embedding-3-small') =>
  openAiEmbeddingModel(ports, { apiKey: 'sk-1', baseUrl: `${server.url}/v1` }, model)

const cosine = (a?: Float32Array, b?: Float32Array) => a?.reduce((total, value, i) => total + value * (b?.[i] ?? 0), 0)

describe('embeddings', () => {
  test('a model that is known is opened without a call', async () => {
    expect(await open()).toMatchObject({ space: { provider: 'openai', dimensions: 1536 }, maxTokens: 8191 })
    expect(server.callCount).toBe(0)
  })

  test('one that is not is asked for its dimensions', async () => {
    expect((await open('nomic-embed-text')).space.dimensions).toBe(1536)
    expect(server.callCount).toBe(1)
  })

  test('one unit vector for each text, in their order', async () => {
    const model = await open()
    const [refund, shipping, refunds] = await model.embed(['a refund', 'our shipping', 'the refunds'], 'passage')
    expect(cosine(refund, refund)).toBeCloseTo(1, 5)
    expect(cosine(refund, refunds)).toBeGreaterThan(0.5)
    expect(cosine(refund, shipping)).toBeLessThan(0.1)
    expect(server.calls[0]?.headers.authorization).toBe('Bearer sk-1')
  })

  test('many texts go in several calls, by number and by length', async () => {
    const model = await open()
    const many = Array.from({ length: 300 }, (_, i) => `text number ${i}`)
    expect(await model.embed(many, 'passage')).toHaveLength(300)
    expect(server.callCount).toBe(3)
    await model.embed(Array(4).fill('word '.repeat(8_000)), 'passage')
    expect(server.callCount).toBe(5)
  })

  test('no texts, no call', async () => {
    expect(await (await open()).embed([], 'passage')).toEqual([])
    expect(server.callCount).toBe(0)
  })

  test('a server that does not know base64 is asked for numbers', async () => {
    server.refusedParameters.push('encoding_format')
    const model = await open()
    expect(await model.embed(['a refund'], 'query')).toHaveLength(1)
    await model.embed(['a refund'], 'query')
    expect(server.callCount).toBe(3)
    expect(await model.embed(Array(128).fill('a refund'), 'passage')).toHaveLength(128)
  })

  test('of an answer no more is read than its vectors could take', async () => {
    await expect(open('wide-embeddings')).rejects.toThrow('more than it was asked for')
  })

  test('of a refusal no more than tells what it is: a fault that never ends is a fault', async () => {
    const model = await open()
    server.settings.mode = 'flood500'
    await expect(model.embed(['a'], 'query')).rejects.toMatchObject({ message: 'openai answered 500' })
    expect(server.callCount).toBe(2)
  })

  test('nor does any of its first texts fail, however many come at once', async () => {
    server.refusedParameters.push('encoding_format')
    const model = await open()
    const embedding = Array.from({ length: 4 }, () => model.embed(['a refund'], 'query'))
    expect(await Promise.all(embedding)).toHaveLength(4)
  })

  test('a busy provider is given the time it asks for, and asked again', async () => {
    const model = await open()
    server.settings = { ...server.settings, mode: 'http429_retry_after', retryAfterSeconds: 7 }
    await expect(model.embed(['a'], 'passage')).rejects.toMatchObject({ code: 'llm_unavailable' })
    expect(slept.length).toBeGreaterThan(2)
    expect(Math.min(...slept)).toBeGreaterThanOrEqual(7_000)
  })

  test('a visitor’s question does not wait that long', async () => {
    const model = await open()
    server.settings = { ...server.settings, mode: 'http429_retry_after', retryAfterSeconds: 7 }
    await expect(model.embed(['a'], 'query')).rejects.toMatchObject({ code: 'llm_unavailable' })
    expect(slept).toEqual([])
    expect(server.callCount).toBe(1)
  })

  test('a passing failure is mended', async () => {
    const model = await open()
    server.script.push('http500')
    expect(await model.embed(['a refund'], 'query')).toHaveLength(1)
    expect(server.callCount).toBe(2)
  })

  test.each([
    ['http401', 'llm_auth_failed', 1],
    ['html200', 'llm_unavailable', 1],
    ['json200_error', 'llm_unavailable', 1],
  ] as const)('%s is %s after one call', async (mode, code, calls) => {
    const model = await open()
    server.settings.mode = mode
    await expect(model.embed(['a'], 'passage')).rejects.toMatchObject({ code })
    expect(server.callCount).toBe(calls)
  })

  test('a provider that keeps failing is left alone', async () => {
    const model = await open()
    server.settings.mode = 'http500'
    for (let i = 0; i < 10; i++) await model.embed(['a'], 'query').catch(() => {})
    expect(server.callCount).toBe(5)
  })

  test('an abort throws the signal’s reason', async () => {
    const model = await open()
    const stop = new AbortController()
    server.settings.mode = 'slow_first'
    const embedding = model.embed(['a'], 'query', stop.signal)
    const reason = new Error('gone')
    setTimeout(() => stop.abort(reason), 50)
    await expect(embedding).rejects.toBe(reason)
  })
})

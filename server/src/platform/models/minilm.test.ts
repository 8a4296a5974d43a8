import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMiniLm } from './minilm.ts'
import { prepareOnnxFile } from './minilm-files.ts'
import type { EmbeddingModel } from './models.ts'

const cacheDir = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
let model: EmbeddingModel & AsyncDisposable
let thread: Worker

async function open() {
  const started = Promise.withResolvers<Worker>()
  process.once('worker', started.resolve)
  model = await openMiniLm({ cacheDir })
  thread = await started.promise
}

beforeAll(open)
afterAll(async () => {
  await model[Symbol.asyncDispose]()
  rmSync(cacheDir, { recursive: true, force: true })
})

const dot = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)

async function cosine(one: string, other: string): Promise<number> {
  const [first, second] = await model.embed([one, other], 'query')
  return first && second ? dot(first, second) : Number.NaN
}

/** Cosines of the model in 32-bit floats, computed apart from this code. */
test.each([
  ['This is an example sentence', 'Each sentence is converted', 0.405],
  ['How do I reset my password?', 'I forgot my password, what now?', 0.795],
  ['How do I reset my password?', 'The cat sat on the mat.', 0.076],
])('cosine › %s · %s', async (one, other, reference) => {
  expect(Math.abs((await cosine(one, other)) - reference)).toBeLessThan(0.04)
})

test('embed › unit vectors, in the order of the texts, each the same whatever comes with it', async () => {
  const texts = ['short', 'a somewhat longer sentence about ships', 'word '.repeat(400), '', '日本語', 'short']
  const together = await model.embed(texts, 'passage')
  expect(together).toHaveLength(texts.length)
  for (const [at, text] of texts.entries()) {
    const [alone] = await model.embed([text], 'query')
    const vector = together[at]
    if (!alone || !vector) throw new Error('no vector')
    expect(Math.hypot(...vector)).toBeCloseTo(1, 4)
    expect(alone).toEqual(vector)
  }
  expect(await model.embed([], 'query')).toEqual([])
})

test('embed › a question overtakes passages that wait', async () => {
  const ended: string[] = []
  const passages = model.embed(
    Array.from({ length: 12 }, (_, at) => `passage ${at} `.repeat(80)),
    'passage',
  )
  const question = model.embed(['And this?'], 'query')
  await Promise.all([passages.then(() => ended.push('passages')), question.then(() => ended.push('question'))])
  expect(ended).toEqual(['question', 'passages'])
})

test('embed › an aborted request rejects with the signal’s reason, and what waits of it is dropped', async () => {
  const controller = new AbortController()
  const texts = Array.from({ length: 500 }, () => 'much to do '.repeat(80))
  const passages = model.embed(texts, 'passage', controller.signal)
  // Answered after the request above was handed over.
  await model.embed(['first'], 'query')
  controller.abort(new Error('no longer wanted'))
  await expect(passages).rejects.toThrow('no longer wanted')
  // Were they still in the queue, this passage would wait for them.
  expect(await model.embed(['next'], 'passage')).toHaveLength(1)
})

test('a thread that breaks › what it was computing fails as retryable, and the next call is answered', async () => {
  const passages = model.embed(
    Array.from({ length: 50 }, () => 'lost '.repeat(200)),
    'passage',
  )
  const lost = expect(passages).rejects.toMatchObject({ code: 'llm_unavailable', isRetryable: true })
  thread.postMessage(null)
  await lost
  expect(await model.embed(['again'], 'query')).toHaveLength(1)
})

test('dispose › waiting calls are refused, later ones too', async () => {
  const other = await openMiniLm({ cacheDir })
  const waiting = expect(other.embed(['word '.repeat(300)], 'passage')).rejects.toMatchObject({
    code: 'llm_unavailable',
  })
  await other[Symbol.asyncDispose]()
  await waiting
  await expect(other.embed(['late'], 'query')).rejects.toMatchObject({ code: 'llm_unavailable' })
})

test('prepareOnnxFile › processes that race leave one whole file', async () => {
  const folder = join(cacheDir, 'raced')
  const [path = '', again] = await Promise.all([prepareOnnxFile(folder), prepareOnnxFile(folder)])
  expect(again).toBe(path)
  expect(await readdir(folder)).toHaveLength(1)
  await using raced = await openMiniLm({ cacheDir: folder })
  expect(await raced.embed(['works'], 'query')).toHaveLength(1)
})

test('leaves nothing behind but its model: the runtime reports to nobody', () => {
  const home = mkdtempSync(join(tmpdir(), 'mevichat-test-'))
  const script = `import(${JSON.stringify(import.meta.resolve('./minilm.ts'))}).then(async ({ openMiniLm }) => {
    const model = await openMiniLm({ cacheDir: ${JSON.stringify(cacheDir)} })
    await model.embed(['hello'], 'query')
    await model[Symbol.asyncDispose]()
  })`
  const env = { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home }
  const { status, stderr } = spawnSync(process.execPath, ['--eval', script], { env })
  expect([status, String(stderr)]).toEqual([0, ''])
  expect(readdirSync(home, { recursive: true })).toEqual([])
  rmSync(home, { recursive: true })
})

/** The worker thread in which all-MiniLM-L6-v2 runs: ONNX Runtime computes synchronously and would hold up the event loop. */
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { maxTokens, packageFile, prepareOnnxFile } from './minilm-files.ts'
import { createTokenizer } from './minilm-tokenizer.ts'

export type MiniLmRequest =
  | { id: number; texts: string[]; kind: 'query' | 'passage' }
  /** What is still waiting of the request is dropped. */
  | { cancel: number }

export type MiniLmReply =
  /** The texts' vectors one after the other. */
  { id: number; vectors: Float32Array } | { id: number; error: string }

/** A text that waits for its turn. */
interface Waiting {
  request: { id: number; vectors: Float32Array; left: number }
  at: number
  text: string
}

const width = 384
/**
 * Tokens, padding included, of one run. A question waits for the run in progress, so a run is kept to about 40 ms; on a
 * CPU larger batches are no cheaper.
 */
const tokensPerRun = 512

const { cacheDir, threads } = workerData as { cacheDir: string; threads: number }
const { model } = JSON.parse(readFileSync(packageFile('tokenizer.json'), 'utf8')) as {
  model: { vocab: Record<string, number> }
}
const tokenizer = createTokenizer(new Map(Object.entries(model.vocab)))
const session = await InferenceSession.create(await prepareOnnxFile(cacheDir), {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
})

const queues: Record<'query' | 'passage', Waiting[]> = { query: [], passage: [] }
let isRunning = false

parentPort?.on('message', (message: MiniLmRequest) => {
  if ('cancel' in message) {
    for (const kind of ['query', 'passage'] as const) {
      queues[kind] = queues[kind].filter((waiting) => waiting.request.id !== message.cancel)
    }
    return
  }
  const { id, texts, kind } = message
  const request = { id, vectors: new Float32Array(texts.length * width), left: texts.length }
  // Texts of one length share a run with little padding.
  const added = texts.map((text, at) => ({ request, at, text })).sort((a, b) => a.text.length - b.text.length)
  queues[kind].push(...added)
  if (!isRunning) void runAll()
})

async function runAll(): Promise<void> {
  isRunning = true
  for (;;) {
    const queue = queues.query.length > 0 ? queues.query : queues.passage
    if (queue.length === 0) break
    await runSome(queue)
  }
  isRunning = false
}

async function runSome(queue: Waiting[]): Promise<void> {
  const batch: (Waiting & { ids: number[] })[] = []
  let longest = 0
  for (let [next] = queue; next; [next] = queue) {
    const ids = tokenizer.encode(next.text, maxTokens)
    longest = Math.max(longest, ids.length)
    if (batch.length > 0 && longest * (batch.length + 1) > tokensPerRun) break
    batch.push({ ...next, ids })
    queue.shift()
  }
  try {
    const vectors = await embed(batch.map(({ ids }) => ids))
    batch.forEach(({ request, at }, row) => {
      request.vectors.set(vectors.subarray(row * width, (row + 1) * width), at * width)
      request.left--
      if (request.left === 0) reply({ id: request.id, vectors: request.vectors })
    })
  } catch (error) {
    for (const { request } of batch) reply({ id: request.id, error: String(error) })
  }
}

async function embed(rows: number[][]): Promise<Float32Array> {
  const length = Math.max(...rows.map((ids) => ids.length))
  const ids = new BigInt64Array(rows.length * length)
  const mask = new BigInt64Array(rows.length * length)
  rows.forEach((row, at) => {
    row.forEach((id, position) => {
      ids[at * length + position] = BigInt(id)
      mask[at * length + position] = 1n
    })
  })
  const shape = [rows.length, length]
  const { embedding } = await session.run({
    input_ids: new Tensor('int64', ids, shape),
    attention_mask: new Tensor('int64', mask, shape),
  })
  if (!(embedding?.data instanceof Float32Array)) throw new Error('the model gave no floats')
  return embedding.data
}

function reply(message: MiniLmReply): void {
  parentPort?.postMessage(message, 'vectors' in message ? [message.vectors.buffer as ArrayBuffer] : [])
}

parentPort?.postMessage('ready')

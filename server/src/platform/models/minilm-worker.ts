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
  /** The thread ends after the text in progress: ended from outside in the middle of it, the whole process would abort. */
  | 'close'

export type MiniLmReply =
  /** The texts' vectors one after the other. */
  { id: number; vectors: Float32Array<ArrayBuffer> } | { id: number; error: string }

/** A text that waits for its turn. */
interface Waiting {
  request: { id: number; vectors: Float32Array<ArrayBuffer>; left: number }
  at: number
  text: string
}

const width = 384

const { cacheDir } = workerData as { cacheDir: string }
const { model } = JSON.parse(readFileSync(packageFile('tokenizer.json'), 'utf8')) as {
  model: { vocab: Record<string, number> }
}
const tokenizer = createTokenizer(new Map(Object.entries(model.vocab)))
const session = await InferenceSession.create(await prepareOnnxFile(cacheDir), {
  // More threads wait for each other by spinning, which takes from those who serve.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
})

const queues: Record<'query' | 'passage', Waiting[]> = { query: [], passage: [] }
let isRunning = false

parentPort?.on('message', (message: MiniLmRequest) => {
  if (message === 'close') process.exit()
  if ('cancel' in message) {
    queues.query = queues.query.filter(({ request }) => request.id !== message.cancel)
    queues.passage = queues.passage.filter(({ request }) => request.id !== message.cancel)
    return
  }
  const { id, texts, kind } = message
  const request = { id, vectors: new Float32Array(texts.length * width), left: texts.length }
  queues[kind].push(...texts.map((text, at) => ({ request, at, text })))
  if (!isRunning) void runAll()
})

/**
 * One text at a time: in 8 bits on a CPU a batch is no cheaper, its longest text would pad the others, and its scales
 * would make a text's vector depend on its neighbours. Between two texts the messages are read, so a question waits for
 * one passage at most.
 */
async function runAll(): Promise<void> {
  isRunning = true
  for (;;) {
    const next = queues.query.shift() ?? queues.passage.shift()
    if (!next) break
    await run(next)
  }
  isRunning = false
}

async function run({ request, at, text }: Waiting): Promise<void> {
  try {
    request.vectors.set(await embed(tokenizer.encode(text, maxTokens)), at * width)
    request.left--
    if (request.left === 0) reply({ id: request.id, vectors: request.vectors })
  } catch (error) {
    reply({ id: request.id, error: String(error) })
  }
}

async function embed(ids: number[]): Promise<Float32Array> {
  const { embedding } = await session.run({
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
  })
  if (!(embedding?.data instanceof Float32Array)) throw new Error('the model gave no floats')
  return embedding.data
}

function reply(message: MiniLmReply): void {
  parentPort?.postMessage(message, 'vectors' in message ? [message.vectors.buffer] : [])
}

parentPort?.postMessage('ready')

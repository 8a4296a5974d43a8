/** The built-in embedding model: all-MiniLM-L6-v2 on the CPU, in a worker thread, without key or network. English. */
import { once } from 'node:events'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { maxTokens } from './minilm-files.ts'
import type { MiniLmReply, MiniLmRequest } from './minilm-worker.ts'
import { type EmbeddingModel, ModelError } from './models.ts'

export interface MiniLmOptions {
  /** Where the converted model is kept; by default a folder of this user's in the system's temporary one. */
  cacheDir?: string
}

interface Pending {
  resolve(vectors: Float32Array): void
  reject(error: Error): void
}

const dimensions = 384

// ONNX Runtime would send what machine this is to its maker, and keep it in the user's home. It asks the process's own
// environment, of which a thread has a copy.
// biome-ignore lint/style/noProcessEnv: it is written here, not read.
process.env.ORT_DISABLE_TELEMETRY = '1'

/**
 * Starts the model; the first time on a machine it is converted, in about a second. Questions overtake passages. A
 * thread that breaks is started again, once until it has answered; what it was computing fails as `llm_unavailable`.
 */
export async function openMiniLm({
  cacheDir = join(tmpdir(), `mevichat-models-${userInfo().username}`),
}: MiniLmOptions = {}): Promise<EmbeddingModel & AsyncDisposable> {
  const pending = new Map<number, Pending>()
  let lastId = 0
  let mayRestart = true
  let isClosed = false

  async function start(): Promise<Worker> {
    const thread = new Worker(new URL('./minilm-worker.ts', import.meta.url), { workerData: { cacheDir } })
    // An error is followed by the exit, and that is where it is dealt with.
    let cause: unknown
    thread.on('error', (error) => {
      cause = error
    })
    const ended = endOf(thread).then((code) => new Error(`the embedding thread ended with code ${code}`, { cause }))
    const started = await Promise.race([ended, once(thread, 'message')])
    if (started instanceof Error) throw started
    thread.on('message', settle)
    thread.unref()
    void ended.then(onEnd)
    return thread
  }

  function onEnd(cause: Error): void {
    if (isClosed) return
    if (mayRestart) worker = start()
    else worker = Promise.reject(cause)
    mayRestart = false
    worker.catch(() => {})
    failAll(new ModelError('llm_unavailable', 'the embedding model broke', { cause, isRetryable: true }))
  }

  function failAll(error: Error): void {
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }

  function settle(reply: MiniLmReply): void {
    const request = pending.get(reply.id)
    pending.delete(reply.id)
    if ('vectors' in reply) {
      mayRestart = true
      request?.resolve(reply.vectors)
    } else {
      request?.reject(new ModelError('llm_unavailable', `the embedding model failed: ${reply.error}`))
    }
  }

  async function running(): Promise<Worker> {
    const thread = await worker.catch((cause: unknown) => {
      throw new ModelError('llm_unavailable', 'the embedding model does not start', { cause })
    })
    if (isClosed) throw new ModelError('llm_unavailable', 'the embedding model is closed')
    return thread
  }

  let worker = start()
  await worker

  return {
    space: { provider: 'built-in', model: 'all-MiniLM-L6-v2', dimensions },
    maxTokens,
    isMultilingual: false,
    async embed(texts, kind, signal) {
      signal?.throwIfAborted()
      if (texts.length === 0) return []
      const thread = await running()
      signal?.throwIfAborted()
      const id = ++lastId
      const post = (message: MiniLmRequest) => thread.postMessage(message)
      const onAbort = () => {
        post({ cancel: id })
        pending.get(id)?.reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        const vectors = await new Promise<Float32Array>((resolve, reject) => {
          pending.set(id, { resolve, reject })
          // The thread keeps the process alive only while somebody waits for it.
          thread.ref()
          post({ id, texts, kind })
        })
        return texts.map((_, at) => vectors.subarray(at * dimensions, (at + 1) * dimensions))
      } finally {
        signal?.removeEventListener('abort', onAbort)
        pending.delete(id)
        if (pending.size === 0) thread.unref()
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      failAll(new ModelError('llm_unavailable', 'the embedding model is closed'))
      const thread = await worker.catch(() => null)
      if (!thread || thread.threadId < 0) return
      thread.ref()
      const ended = endOf(thread)
      thread.postMessage('close' satisfies MiniLmRequest)
      await ended
    },
  }
}

/** Resolves with the exit code. Not `once`, which rejects when an error comes first. */
function endOf(thread: Worker): Promise<number> {
  return new Promise((resolve) => thread.once('exit', resolve))
}

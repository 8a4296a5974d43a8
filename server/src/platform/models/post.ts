/** One call to a provider whose answer is read whole. */
import type { Dispatcher } from 'undici'
import type { ModelPorts } from './exchange.ts'
import { connectionFailure, malformed, maxRefusalBytes, type RefusedCall, statusFailure } from './failures.ts'
import { ModelError } from './models.ts'
import type { Call } from './wire.ts'

const hungUp = new Error('hung up')

/** The body of a 200, of `maxBytes` at most. Throws ModelError, or the signal's reason. */
export async function post(
  { pool }: Pick<ModelPorts, 'pool'>,
  provider: string,
  call: Call,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
  signal: AbortSignal | undefined,
): Promise<string> {
  signal?.throwIfAborted()
  return new Promise<string>((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    let answer: Omit<RefusedCall, 'body'> | null = null
    let controller: Dispatcher.DispatchController | null = null
    let isOver = false
    const end = () => {
      isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const give = (error: unknown) => {
      end()
      reject(error)
      controller?.abort(hungUp)
    }
    const onAbort = () => give(signal?.reason)
    const body = () => Buffer.concat(parts).toString('utf8')
    const refusal = () => statusFailure(provider, { status: 0, headers: {}, ...answer, body: body() }, call.optional)
    signal?.addEventListener('abort', onAbort)
    const timer = setTimeout(
      () => give(new ModelError('llm_timeout', `${provider} did not answer in time`, { isRetryable: true })),
      timeoutMs,
    )
    const { origin, pathname, search } = call.url
    pool.dispatch(
      { origin, path: pathname + search, method: 'POST', headers: call.headers, body: call.body },
      {
        onRequestStart(started) {
          controller = started
          if (isOver) started.abort(hungUp)
        },
        onResponseStart(_, status, headers) {
          if (status >= 200) answer = { status, headers }
        },
        onResponseData(_, bytes) {
          size += bytes.length
          parts.push(bytes)
          const isRefusal = answer?.status !== 200
          if (size <= (isRefusal ? maxRefusalBytes : maxBytes)) return
          give(isRefusal ? refusal() : malformed(provider, 'more than it was asked for'))
        },
        onResponseEnd() {
          end()
          if (answer?.status === 200) resolve(body())
          else reject(refusal())
        },
        onResponseError(_, error) {
          end()
          reject(connectionFailure(provider, error))
        },
      },
    )
  })
}

/**
 * One call to a provider whose answer is read as a stream of events. Text is handed on by the turn of the event loop:
 * what arrives in one turn is one piece. No stream object stands between the socket and the reader (see the decision
 * on model providers for what that saves).
 */
import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import { createEventReader } from './event-stream.ts'
import { connectionFailure, malformed, maxRefusalBytes, type RefusedCall, statusFailure } from './failures.ts'
import { ModelError } from './models.ts'
import type { Call, ChatWire, Reply } from './wire.ts'

export interface ModelTimeouts {
  connectMs: number
  /** Until the first output of any kind. */
  firstTokenMs: number
  /** Between two pieces of anything. */
  idleMs: number
  totalMs: number
  /** What a provider that has said why it ended may take to hang up. */
  closingMs: number
}

/** Of one reply: a server that a tenant named must neither fill the memory nor keep the loop busy. */
export interface ReplyLimits extends ModelTimeouts {
  maxBytes: number
}

export const modelTimeouts: ModelTimeouts = {
  connectMs: 5_000,
  firstTokenMs: 20_000,
  idleMs: 20_000,
  totalMs: 120_000,
  closingMs: 2_000,
}

/** Keeps connections alive between calls; as many as there are calls at once. */
export function openPool({ connectMs }: Pick<ModelTimeouts, 'connectMs'> = modelTimeouts): Dispatcher {
  return new Agent({ ...poolOptions, connect: { timeout: connectMs } })
}

export const poolOptions = { keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0, allowH2: false }

export interface ModelPorts {
  clock: Clock
  pool: Dispatcher
}

export interface Exchange {
  /** The text since the last call; null when the reply is complete. Throws ModelError or the signal's reason. */
  next(): Promise<string | null>
  readonly reply: Readonly<Reply>
  /** Hangs up on a reply that is not complete. */
  close(): void
}

const maxBufferedChars = 256 * 1024
const hungUp = new Error('hung up')

export function startExchange(
  { clock, pool }: ModelPorts,
  { provider, read }: ChatWire,
  call: Call,
  limits: ReplyLimits,
  signal: AbortSignal,
): Exchange {
  // Nothing below that outlives this function may hold on to the call: its prompt is most of an open stream's memory.
  const { optional } = call
  const reply: Reply = { text: '', hasOutput: false, finish: null, usage: null, isDone: false }
  const events = createEventReader((event) => {
    // Some keep a connection alive with `data:` alone.
    if (event.data !== '' && !reply.isDone) read(event, reply)
  })
  const startedAt = clock.monotonicMs()
  let heardAt = startedAt
  let heardBytes = 0
  let endsAt = startedAt + limits.totalMs
  let controller: Dispatcher.DispatchController | null = null
  let refused: RefusedCall | null = null
  let failure: { error: unknown } | null = null
  let wake: (() => void) | null = null
  let isWaking = false
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  function wakeSoon(): void {
    if (isWaking || !wake) return
    isWaking = true
    setImmediate(() => {
      isWaking = false
      wake?.()
      wake = null
    })
  }

  function letGo(): void {
    isOver = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }

  function hangUp(): void {
    if (isOver) return
    letGo()
    controller?.abort(hungUp)
  }

  function complete(): void {
    reply.isDone = true
    wakeSoon()
  }

  function fail(error: unknown): void {
    if (!reply.isDone) failure ??= { error }
    wakeSoon()
  }

  function onAbort(): void {
    fail(signal.reason)
    hangUp()
  }

  function dueAt(): number {
    if (controller?.paused) return endsAt
    return Math.min(endsAt, reply.hasOutput ? heardAt + limits.idleMs : startedAt + limits.firstTokenMs)
  }

  function watch(): void {
    const left = dueAt() - clock.monotonicMs()
    if (left > 0) {
      // An end that comes early brings the deadline forward, so no wait is longer than closing takes.
      timer = setTimeout(watch, Math.min(left, limits.closingMs))
      return
    }
    if (reply.finish) complete()
    else if (refused) fail(statusFailure(provider, refused, optional))
    else fail(new ModelError('llm_timeout', `${provider} fell silent`, { isRetryable: true }))
    hangUp()
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started
      if (isOver) started.abort(hungUp)
    },
    onResponseStart(_, status, headers) {
      if (status < 200) return
      if (status !== 200) refused = { status, headers, body: '' }
      else if (/html|application\/json/.test(headers['content-type']?.toString() ?? '')) {
        fail(malformed(provider, 'something other than a stream of events'))
        hangUp()
      }
    },
    onResponseData(flow, bytes) {
      if (isOver) return
      heardBytes += bytes.length
      if (refused) {
        refused.body += bytes.toString('utf8')
        if (heardBytes <= maxRefusalBytes) return
        fail(statusFailure(provider, refused, optional))
        return hangUp()
      }
      heardAt = clock.monotonicMs()
      try {
        if (heardBytes > limits.maxBytes) throw malformed(provider, 'more than it was asked for')
        events.read(bytes)
      } catch (error) {
        fail(error instanceof ModelError ? error : malformed(provider, 'what is no event of its format'))
        return hangUp()
      }
      if (reply.text) reply.hasOutput = true
      // The first of these counts: what comes after it puts the end off no more.
      if (reply.finish || reply.isDone) endsAt = Math.min(endsAt, heardAt + limits.closingMs)
      if (reply.text || reply.isDone) wakeSoon()
      if (reply.text.length > maxBufferedChars) flow.pause()
    },
    onResponseEnd() {
      letGo()
      if (refused) return fail(statusFailure(provider, refused, optional))
      try {
        events.end()
      } catch {}
      if (reply.isDone || reply.finish) complete()
      else fail(new ModelError('llm_unavailable', `${provider} broke off`, { isRetryable: true }))
    },
    onResponseError(_, error) {
      letGo()
      if (reply.finish) complete()
      else fail(refused ? statusFailure(provider, refused, optional) : connectionFailure(provider, error))
    },
  }

  if (signal.aborted) fail(signal.reason)
  else {
    signal.addEventListener('abort', onAbort, { once: true })
    const { origin, pathname, search } = call.url
    const { headers, body } = call
    pool.dispatch({ origin, path: pathname + search, method: 'POST', headers, body: ownBytes(body) }, handler)
    watch()
  }

  return {
    reply,
    close() {
      // A complete reply leaves the provider the time to end it, so that the connection can be used again.
      if (!reply.isDone) hangUp()
    },
    async next() {
      for (;;) {
        if (reply.text) {
          const { text } = reply
          reply.text = ''
          if (controller?.paused) controller.resume()
          return text
        }
        if (failure) throw failure.error
        if (reply.isDone) return null
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** The pool keeps a body until its answer is over: in memory of its own it keeps no shared slab of Node's alive. */
function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

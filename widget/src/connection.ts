/** Carries one question to the server and its answer back, through cuts, proxies, restarts and hours offline. */
import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import { createEventParser } from '@mevichat/protocol/sse.ts'
import type { Visitor, Warn } from './host-api.ts'

/** What a request needs to be sent, and to be sent again as the same one. */
export interface Question {
  sessionId: string
  /** The Idempotency-Key: a repeated question joins or replays its answer, and is neither asked nor counted twice. */
  key: string
  text: string
  /** Known once the server took the question; from then on the answer is picked up rather than asked for. */
  messageId: number | null
}

/** `code` is the server's, or `unreachable`. `retryAt` is when the server would listen again, in ms of the epoch. */
export interface Failure {
  code: string
  retryAt: number | null
}

export interface Listener {
  onEvent(event: ChatEvent): void
  /** The line is cut and will be tried again. */
  onCut(): void
}

export interface Connection {
  /** Resolves to null after `done`, or to what stands in the way. */
  follow(question: Question, listener: Listener, signal: AbortSignal): Promise<Failure | null>
  /** Resolves to whether it was heard. It also leaves a page that is being left. */
  tell(path: 'stop/' | 'rating/', body: object): Promise<boolean>
}

const maxTries = 7
/** The server says something every 15 s; a line silent for longer than this is dead, whatever the proxy believes. */
const silenceMs = 40_000

/** What the server does not take of what the page says of its visitor. */
const refusedOf: Record<string, keyof Visitor> = {
  invalid_visitor_id: 'visitorId',
  invalid_visitor_metadata: 'metadata',
}

export function createConnection(origin: string, publicKey: string, visitor: Visitor, warn: Warn): Connection {
  /**
   * A string goes as `text/plain`. The Idempotency-Key costs a preflight, which browsers remember for hours;
   * without it a question whose answer was lost on the way could only be asked, and billed, a second time.
   */
  function send(path: string, body: object, init: RequestInit): Promise<Response> {
    return fetch(`${origin}/api/chat/${path}`, {
      method: 'POST',
      credentials: 'omit',
      body: JSON.stringify({ public_key: publicKey, ...body }),
      ...init,
    })
  }

  function request({ sessionId, key, text, messageId }: Question, seen: number, signal: AbortSignal) {
    if (messageId === null) {
      const { visitorId, metadata: visitor_metadata } = visitor
      const body = { session_id: sessionId, message: text, visitor_id: visitorId?.toString(), visitor_metadata }
      return send('', body, { signal, headers: { 'Idempotency-Key': key } })
    }
    const query = new URLSearchParams({ public_key: publicKey, session_id: sessionId, message_id: String(messageId) })
    return fetch(`${origin}/api/chat/stream/?${query}`, {
      signal,
      credentials: 'omit',
      headers: seen ? { 'Last-Event-ID': String(seen) } : {},
    })
  }

  return {
    async follow(question, listener, signal) {
      let { messageId } = question
      let seen = 0
      for (let tries = 1; ; tries++) {
        let retryAt = 0
        const line = new AbortController()
        const cut = () => line.abort()
        let timer: ReturnType<typeof setTimeout> | undefined
        const isAlive = () => {
          clearTimeout(timer)
          timer = setTimeout(cut, silenceMs)
        }
        signal.addEventListener('abort', cut, line)
        isAlive()
        try {
          const before = messageId === null ? 0 : seen
          const response = await request({ ...question, messageId }, before, line.signal)
          if (response.ok && response.body) {
            seen = before
            const isDone = await read(response.body, isAlive, (id, event) => {
              if (id && id <= seen) return
              seen = id
              if (event.event === 'meta') messageId = event.data.message_id
              listener.onEvent(event)
            })
            if (isDone) return null
            if (seen !== before) tries = 1
            else if (seen) {
              // Nothing new where there must be: this server numbers anew, so ask for the whole message.
              seen = 0
              continue
            }
          } else {
            const failure = await readRefusal(response)
            const isPassing = response.status > 501 || (response.status === 429 && messageId !== null)
            if (!isPassing && response.status < 500) warn(failure.code)
            const refused = refusedOf[failure.code]
            if (refused && refused in visitor) {
              // The visitor is not to go without an answer for it.
              delete visitor[refused]
              continue
            }
            if (!isPassing || tries >= maxTries) return failure
            retryAt = failure.retryAt ?? 0
          }
        } catch {
          if (signal.aborted) return null
        } finally {
          clearTimeout(timer)
          cut()
        }
        if (tries >= maxTries) return { code: 'unreachable', retryAt: null }
        listener.onCut()
        await pause(Math.min(Math.max(400 * 2 ** tries, retryAt - Date.now()), 60_000), signal)
        if (signal.aborted) return null
      }
    },
    tell: (path, body) =>
      send(path, body, { keepalive: true }).then(
        (response) => response.ok,
        () => false,
      ),
  }
}

/** Whether the stream got as far as `done`. */
async function read(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  isAlive: () => void,
  onEvent: (id: number, event: ChatEvent) => void,
): Promise<boolean> {
  let isDone = false
  const parse = createEventParser(({ id, event, data }) => {
    if (isDone) return
    isDone = event === 'done'
    // One that a later server may send, and this thread does not know, is passed over there.
    onEvent(Number(id), { event, data: JSON.parse(data) } as ChatEvent)
  })
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  while (!isDone) {
    const { done, value } = await reader.read()
    if (done) break
    isAlive()
    parse(value)
  }
  return isDone
}

async function readRefusal(response: Response): Promise<Failure> {
  const body = await response.json().catch(() => null)
  const seconds = Number(response.headers.get('Retry-After'))
  return {
    code: body?.error ?? 'internal_error',
    retryAt: seconds > 0 ? Date.now() + seconds * 1000 : null,
  }
}

/** Ends by itself unless offline; being back online ends it at once. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = new AbortController()
    const finish = () => {
      clearTimeout(timer)
      end.abort()
      resolve()
    }
    const timer = setTimeout(() => navigator.onLine && finish(), ms)
    window.addEventListener('online', finish, end)
    signal.addEventListener('abort', finish, end)
  })
}

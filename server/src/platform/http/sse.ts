/** Server-Sent Events to one reader. A reader that stops reading is bounded and then dropped; what it was reading goes on. */
import type { ServerResponse } from 'node:http'
import { keepAliveComment } from '@mevichat/protocol/sse.ts'

const maxBufferedBytes = 256 * 1024
const keepAliveMs = 15_000
/** How long a reader may take nothing of what waits for it. */
const stuckMs = 30_000
const tickMs = 1_000

export interface EventStream {
  /** Whether the reader has room for more. What comes all the same is kept for it, and the reader dropped when that is too much. */
  write(frames: string): boolean
  /** Called once when the reader has taken what it was sent, or goes. */
  onDrain(listener: () => void): void
  end(): void
  /** Called once when the reader has gone, however it went. */
  onClose(listener: () => void): void
}

const open = new Set<OpenStream>()
setInterval(() => {
  for (const stream of open) stream.tick()
}, tickMs).unref()

/** Answers 200 and holds the stream open. `headers` are added to those every stream has. */
export function openEventStream(response: ServerResponse, headers: Record<string, string>): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...headers,
  })
  const stream = new OpenStream(response)
  // A reader that left before the stream was opened has told so already.
  if (!response.destroyed) open.add(stream)
  return stream
}

class OpenStream implements EventStream {
  private readonly response: ServerResponse
  private sentAt = performance.now()
  private takenAt = performance.now()
  private waiting: (() => void) | null = null

  constructor(response: ServerResponse) {
    this.response = response
    response.on('drain', () => {
      this.takenAt = performance.now()
      this.wake()
    })
    response.once('close', () => {
      open.delete(this)
      this.wake()
    })
  }

  private wake(): void {
    const { waiting } = this
    this.waiting = null
    waiting?.()
  }

  write(frames: string): boolean {
    if (this.response.destroyed || this.response.writableEnded) return false
    if (this.response.writableLength <= maxBufferedBytes) return this.send(frames)
    this.response.destroy()
    return false
  }

  private send(frames: string): boolean {
    this.sentAt = performance.now()
    if (!this.response.writableNeedDrain) this.takenAt = this.sentAt
    return this.response.write(frames)
  }

  onDrain(listener: () => void): void {
    this.waiting = listener
  }

  end(): void {
    this.response.end()
  }

  onClose(listener: () => void): void {
    if (this.response.destroyed) listener()
    else this.response.once('close', listener)
  }

  /** Keeps a quiet stream alive; drops a reader that takes nothing. */
  tick(): void {
    const now = performance.now()
    if (this.response.writableNeedDrain) {
      if (now - this.takenAt >= stuckMs) this.response.destroy()
    } else if (now - this.sentAt >= keepAliveMs && !this.response.writableEnded) this.send(keepAliveComment)
  }
}

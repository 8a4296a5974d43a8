/** Server-Sent Events to one reader. A reader that stops reading is bounded and then dropped; what it was reading goes on. */
import type { ServerResponse } from 'node:http'
import { keepAliveComment } from '@mevichat/protocol/sse.ts'

const maxBufferedBytes = 256 * 1024
const keepAliveMs = 15_000

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
}, keepAliveMs).unref()

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
  private isIdle = false
  private isStalled = false
  private waiting: (() => void) | null = null

  constructor(response: ServerResponse) {
    this.response = response
    response.on('drain', () => this.wake())
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
    this.isIdle = false
    if (this.response.writableLength <= maxBufferedBytes) return this.response.write(frames)
    this.response.destroy()
    return false
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

  /** Keeps a quiet stream alive; drops a reader that has taken nothing since the last tick but one. */
  tick(): void {
    const isStuck = this.response.writableNeedDrain
    if (isStuck && this.isStalled) return void this.response.destroy()
    this.isStalled = isStuck
    if (this.isIdle && !isStuck && !this.response.writableEnded) this.response.write(keepAliveComment)
    this.isIdle = true
  }
}

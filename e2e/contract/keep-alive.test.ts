import { createServer, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { EventStream } from '../../server/src/platform/http/sse.ts'
import { eventually } from './eventually.ts'

describe('an open stream', () => {
  let openEventStream: (response: ServerResponse, headers: Record<string, string>) => EventStream
  const opened: { stream: EventStream; response: ServerResponse }[] = []
  const server = createServer((_, response) => opened.push({ stream: openEventStream(response, {}), response }))

  // The module starts its timer as it is loaded, so the timer is one that can be turned by hand.
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
    ;({ openEventStream } = await import('../../server/src/platform/http/sse.ts'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    vi.useRealTimers()
    server.closeAllConnections()
    server.close()
  })

  /** A reader on a raw socket, and what it has read. */
  async function read() {
    const address = server.address()
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1')
    const reader = { socket, text: '', isClosed: false }
    socket.on('data', (bytes) => {
      reader.text += bytes
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      reader.isClosed = true
    })
    const before = opened.length
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    return { reader, ...(await eventually(() => opened[before])) }
  }

  it('gets a comment every 15 s in which nothing was sent, and none in others', async () => {
    const { reader, stream } = await read()
    const comments = () => reader.text.split(': keep-alive\n\n').length - 1
    vi.advanceTimersByTime(14_000)
    stream.write('data: 1\n\n')
    vi.advanceTimersByTime(14_000)
    await eventually(() => reader.text.includes('data: 1'))
    expect(comments()).toBe(0)
    vi.advanceTimersByTime(1_000)
    await eventually(() => comments() === 1)
    vi.advanceTimersByTime(15_000)
    await eventually(() => comments() === 2)
    stream.end()
    await eventually(() => reader.text.endsWith('0\r\n\r\n'))
    reader.socket.destroy()
  })

  it('goes on for a reader that takes little by little', async () => {
    const { reader, stream, response } = await read()
    const piece = 'x'.repeat(32 * 1024)
    for (let second = 0; second < 100; second++) {
      while (stream.write(piece));
      vi.advanceTimersByTime(1_000)
      await eventually(() => !response.writableNeedDrain)
    }
    expect(response.destroyed).toBe(false)
    reader.socket.destroy()
  })

  it('is closed when its reader takes nothing for two such spans', async () => {
    const { reader, stream, response } = await read()
    reader.socket.pause()
    // Until the system takes no more: far from the bound beyond which a reader is dropped at once.
    for (let rounds = 0; rounds < 5; rounds = response.writableNeedDrain ? rounds + 1 : 0) {
      if (!response.writableNeedDrain) stream.write('x'.repeat(32 * 1024))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    vi.advanceTimersByTime(15_000)
    expect(response.destroyed).toBe(false)
    vi.advanceTimersByTime(15_000)
    expect(response.destroyed).toBe(true)
    reader.socket.destroy()
  })
})

import { connect, type Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { addEndpoint, createHttpApp } from './app.ts'
import { readBody } from './body.ts'
import { openEventStream } from './sse.ts'

const log = silentLog

async function listen(bodyMs?: number) {
  const app = createHttpApp({ log, ...(bodyMs && { bodyMs }) })
  const methods = {
    GET: async () => 'plain',
    POST: async ({ raw }: FastifyRequest) => String((await readBody(raw, 10)).length),
  }
  addEndpoint(app, { log }, { path: '/', methods })
  const stream = async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack()
    openEventStream(reply.raw, {}).write('data: begun\n\n')
    return reply
  }
  addEndpoint(app, { log }, { path: '/stream/', methods: { GET: stream } })
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

/** All that came until the server closed the connection. */
function send(port: number, bytes: string, then: (socket: Socket, text: string) => void = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      then(socket, text)
    })
    socket.on('error', (error) => (text ? resolve(text) : reject(error)))
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}

describe('the HTTP server', () => {
  let app: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    app = await listen(300)
  })
  afterAll(() => app[Symbol.asyncDispose]())

  test('a request without Host › 400 invalid_request, and the connection is closed', async () => {
    const answer = await send(app.port, 'GET / HTTP/1.1\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\r\nconnection: close\r\n/is)
    expect(answer.split('\r\n\r\n')[1]).toBe('{"error":"invalid_request"}')
  })

  test('one of HTTP/1.0 needs none › 200', async () =>
    expect(await send(app.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nplain$/s))

  test('CONNECT › 405 method_not_allowed with Allow, and the connection is closed', async () => {
    const answer = await send(app.port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\nallow: GET, POST, .*\r\nconnection: close\r\n/s)
    expect(answer.split('\r\n\r\n')[1]).toBe('{"error":"method_not_allowed"}')
  })

  test('a body that does not come › 408, once', async () =>
    expect(await send(app.port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 408 .*\r\n\r\n{"error":"invalid_request"}$/s,
    ))

  const begun = /^HTTP\/1\.1 200 .*\r\n\r\nd\r\ndata: begun\n\n\r\n$/s
  test.each([
    ['a body that does not come', 'Content-Length: 10\r\n\r\n', ''],
    ['bytes that are no request', '\r\n', 'nonsense\r\n\r\n'],
    ['a second request whose body does not come', '\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n'],
  ])(
    '%s › nothing stands in the middle of an answer that has begun, and the connection is closed',
    async (_, end, more) => {
      let isSent = false
      const answer = await send(app.port, `GET /stream/ HTTP/1.1\r\nHost: x\r\n${end}`, (socket, text) => {
        if (isSent || !text.includes('begun')) return
        isSent = true
        socket.write(more)
      })
      expect(answer).toMatch(begun)
    },
  )

  const tooLarge = /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n.*\r\n\r\n{"error":"payload_too_large"}$/s
  const declaring = (bytes: number) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`
  const mebibyte = 1024 * 1024
  test('a body that is too large is answered at once, and may be sent to its end without a reset › 413', async () => {
    await using patient = await listen()
    let isSent = false
    const answer = await send(patient.port, declaring(20 * mebibyte), (socket, text) => {
      if (!text.endsWith('}')) return
      socket.once('finish', () => {
        isSent = true
      })
      socket.end(Buffer.alloc(20 * mebibyte))
    })
    expect(answer).toMatch(tooLarge)
    expect(isSent).toBe(true)
  })

  test('but is waited for no longer than any other › 413', async () =>
    expect(await send(app.port, declaring(20 * mebibyte))).toMatch(tooLarge))

  test('nor read without end › 413', async () => {
    await using patient = await listen()
    let written = 0
    const answer = await send(patient.port, declaring(1e12), (socket) => {
      const writeOn = () => {
        do written++
        while (socket.write(Buffer.alloc(mebibyte)))
      }
      socket.on('drain', writeOn)
      writeOn()
    })
    expect(answer).toMatch(tooLarge)
    expect(written).toBeGreaterThan(32)
    expect(written).toBeLessThan(100)
  })
})

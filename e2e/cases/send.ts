/** Sends a request as it stands, however wrong it is: over node:http, or byte by byte over a socket. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { parseEvents, type StreamEvent } from '../../server/testing/http.ts'
import type { Expanded } from './expand.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  events: StreamEvent[]
  /** Of a raw request: how many responses came, and whether the server closed the connection. */
  responses: number
  isClosed: boolean
}

/** Slow headers are cut after ten seconds, looked for every two. */
const deadlineMs = 30_000

export function send(url: string, one: Expanded, localAddress: string): Promise<Answer> {
  return one.method === 'RAW' ? sendRaw(url, one, localAddress) : sendHttp(url, one, localAddress)
}

function sendHttp(url: string, { method, path, headers, body }: Expanded, localAddress: string): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const hasLength = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name))
  const length = body && !hasLength ? { 'content-length': String(body.length) } : {}
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, path, method, headers: { ...headers, ...length }, localAddress, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isStream = response.headers['content-type'] === 'text/event-stream'
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text,
            events: isStream ? parseEvents(text) : [],
            responses: 1,
            isClosed: true,
          })
        })
      },
    )
    outgoing.setTimeout(deadlineMs, () => outgoing.destroy(new Error(`no answer in ${deadlineMs} ms`)))
    outgoing.on('error', reject)
    outgoing.end(body ?? undefined)
  })
}

function sendRaw(url: string, { body }: Expanded, localAddress: string): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port), localAddress }, () => socket.write(body ?? ''))
    const timer = setTimeout(() => finish(false), deadlineMs)
    let isRefused = false

    function finish(isClosed: boolean) {
      clearTimeout(timer)
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      const headers = rawHeaders(text)
      const body = text.slice(text.indexOf('\r\n\r\n') + 4)
      resolve({
        status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0),
        headers,
        body: headers['transfer-encoding'] === 'chunked' ? joinChunks(body) : body,
        events: [],
        responses: text.match(/HTTP\/1\.[01] \d{3} /g)?.length ?? 0,
        isClosed,
      })
    }
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error) => {
      // A reset after the answer closes the connection too.
      isRefused = chunks.length === 0
      if (isRefused) {
        clearTimeout(timer)
        reject(error)
      }
    })
    socket.on('close', () => {
      if (!isRefused) finish(true)
    })
  })
}

/** Between the lines that give each chunk's size. */
function joinChunks(body: string): string {
  return body
    .split('\r\n')
    .filter((_, at) => at % 2 === 1)
    .join('')
}

function rawHeaders(text: string): Record<string, string> {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1)
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}

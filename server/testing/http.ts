/** Requests as tests send them: over node:http, each from a loopback address of its choice, since the socket is the client. */
import { request } from 'node:http'
import { createEventParser } from '@mevichat/protocol/sse.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  json: unknown
}

export interface SendOptions {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer | object
  /** Such as 127.0.7.1. */
  localAddress?: string
}

export function send(url: string, options: SendOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, localAddress } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers, ...(localAddress && { localAddress }), agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json: parse(text) })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface StreamEvent {
  id: number
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into the data of an event whose name they have checked
  data: any
}

export function parseEvents(body: string): StreamEvent[] {
  const events: StreamEvent[] = []
  const parser = createEventParser(({ id, event, data }) =>
    events.push({ id: Number(id), event, data: JSON.parse(data) }),
  )
  parser(body)
  return events
}

/** The text of all `token` events. */
export function textOf(events: readonly StreamEvent[]): string {
  return events.map(({ event, data }) => (event === 'token' ? data.text : '')).join('')
}

export interface OpenStream {
  status: number
  events: StreamEvent[]
  /** Resolves once an event of that name has come; rejects when the stream ends without one. */
  until(event: string): Promise<StreamEvent>
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>
  /** Cuts the connection, as a visitor does who leaves. */
  cut(): void
}

/** Opens a stream and gives its events as they come. */
export function openStream(url: string, options: SendOptions = {}): Promise<OpenStream> {
  const { method = 'POST', headers = {}, body, localAddress } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers, ...(localAddress && { localAddress }), agent: false },
      (response) => {
        const events: StreamEvent[] = []
        const waiting = new Set<() => void>()
        let hasEnded = false
        const wake = () => {
          for (const check of waiting) check()
        }
        const parser = createEventParser(({ id, event, data }) =>
          events.push({ id: Number(id), event, data: JSON.parse(data) }),
        )
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          parser(chunk)
          wake()
        })
        const ended = new Promise<void>((done) => {
          response.once('close', () => {
            hasEnded = true
            wake()
            done()
          })
        })
        response.on('error', () => {})
        resolve({
          status: response.statusCode ?? 0,
          events,
          ended,
          cut: () => outgoing.destroy(),
          until: (name) =>
            new Promise((found, missing) => {
              const check = () => {
                const event = events.find((one) => one.event === name)
                if (!event && !hasEnded) return
                waiting.delete(check)
                if (event) found(event)
                else missing(new Error(`the stream ended without "${name}": ${JSON.stringify(events)}`))
              }
              waiting.add(check)
              check()
            }),
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body)
  })
}

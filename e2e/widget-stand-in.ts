/** A server that speaks the widget's side of the contract, word by word as a test wants it, and a page of another origin. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ChatEvent, Citation } from '../protocol/src/chat.ts'
import { encodeEvent } from '../protocol/src/sse.ts'
import type { WidgetConfig } from '../protocol/src/widget-config.ts'

const dist = join(import.meta.dirname, '../widget/dist')

/**
 * What the next answer does, in order. `pause` waits for `release()`; `cut` drops the listeners, the run goes on; `restart`
 * drops them too, and keeps what was written as a server does that started anew: as one token.
 */
export type Step = string | 'pause' | 'cut' | 'restart' | { event: ChatEvent }

interface Refusal {
  status: number
  error: string
  retryAfter?: number
}

interface Run {
  id: number
  key: string
  events: ChatEvent[]
  listeners: Set<ServerResponse>
  isStopped: boolean
}

export const citations: Citation[] = [
  {
    index: 1,
    title: 'Refund policy',
    url: 'https://shop.example.com/help/refunds#:~:text=within%2030%20days',
    quote: 'You can return any item within 30 days of delivery for a full refund.',
  },
  {
    index: 2,
    title: 'Handbook.pdf',
    url: null,
    quote: 'Refunds are paid to the card that was charged, usually in three to five working days.',
  },
]

const defaultConfig: WidgetConfig = {
  bot: { name: 'Northwind', avatar_url: null },
  theme: { accent: null, mode: 'light', position: 'right' },
  behavior: {
    greeting: 'Hi! Ask me anything about orders, returns and delivery.',
    suggested_questions: ['How long do refunds take?', 'Do you ship to Norway?'],
    citations: true,
    locale: 'en',
    words: null,
  },
}

export async function startStandIn() {
  const runs = new Map<number, Run>()
  const requests: {
    method: string
    path: string
    headers: IncomingMessage['headers']
    body: Record<string, unknown>
  }[] = []
  let releases: (() => void)[] = []
  const state = {
    config: structuredClone(defaultConfig),
    configRefusal: null as Refusal | null,
    steps: [] as Step[],
    refusals: [] as Refusal[],
    refuses: (_body: Record<string, unknown>): Refusal | null => null,
    requests,
    asked: () => requests.filter(({ method, path }) => method === 'POST' && path === '/api/chat/'),
    release() {
      for (const go of releases) go()
      releases = []
    },
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand.in')
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After')
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Headers', 'content-type, idempotency-key, last-event-id')
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
      return response.writeHead(204).end()
    }
    if (url.pathname === '/widget.js' || url.pathname.startsWith('/widget/')) {
      response.setHeader('Content-Type', 'text/javascript')
      return response.end(readFileSync(join(dist, url.pathname)))
    }
    const text = (await request.setEncoding('utf8').toArray()).join('')
    const body = text ? JSON.parse(text) : {}
    requests.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, body })
    if (url.pathname === '/api/widget/config/') return answerJson(response, state.configRefusal, state.config)
    if (url.pathname === '/api/chat/stop/') {
      const run = runs.get(body.message_id)
      if (run) run.isStopped = true
      state.release()
      return response.writeHead(204).end()
    }
    const refusal = state.refusals.shift() ?? state.refuses(body)
    if (refusal) return answerJson(response, refusal, null)
    if (url.pathname === '/api/chat/rating/') return response.writeHead(204).end()
    if (url.pathname === '/api/chat/stream/') {
      const run = runs.get(Number(url.searchParams.get('message_id')))
      if (!run) return answerJson(response, { status: 404, error: 'session_not_found' }, null)
      return listen(run, response, Number(request.headers['last-event-id'] ?? 0))
    }
    const key = String(request.headers['idempotency-key'])
    const known = [...runs.values()].find((one) => one.key === key)
    const run = known ?? { id: 128_000 + runs.size, key, events: [], listeners: new Set(), isStopped: false }
    runs.set(run.id, run)
    listen(run, response, 0)
    if (!known) await answer(run, String(body.session_id), state.steps)
  })

  function emit(run: Run, event: ChatEvent) {
    run.events.push(event)
    for (const listener of run.listeners) listener.write(encodeEvent(run.events.length, event.event, event.data))
    if (event.event !== 'done') return
    for (const listener of run.listeners) listener.end()
    run.listeners.clear()
  }

  function listen(run: Run, response: ServerResponse, after: number) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.flushHeaders()
    run.events.forEach((event, i) => {
      if (i >= after) response.write(encodeEvent(i + 1, event.event, event.data))
    })
    if (run.events.at(-1)?.event === 'done') return response.end()
    run.listeners.add(response)
    response.on('close', () => run.listeners.delete(response))
  }

  async function answer(run: Run, sessionId: string, steps: Step[]) {
    emit(run, { event: 'meta', data: { session_id: sessionId, message_id: run.id } })
    for (const step of steps) {
      if (run.isStopped) break
      if (step === 'pause') await new Promise<void>((resolve) => releases.push(resolve))
      else if (step === 'cut') for (const listener of run.listeners) listener.destroy()
      else if (step === 'restart') {
        const text = run.events.map(({ event, data }) => (event === 'token' ? data.text : '')).join('')
        run.events.splice(1, Infinity, { event: 'token', data: { text } })
        for (const listener of run.listeners) listener.destroy()
        run.listeners.clear()
      } else if (typeof step === 'string') emit(run, { event: 'token', data: { text: step } })
      else emit(run, step.event)
    }
    if (run.isStopped) emit(run, { event: 'done', data: { finish_reason: 'cancelled' } })
    else if (run.events.at(-1)?.event !== 'done') emit(run, { event: 'done', data: { finish_reason: 'stop' } })
  }

  const origin = await open(server, '127.0.0.1')
  return Object.assign(state, {
    origin,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
}

export type StandIn = Awaited<ReturnType<typeof startStandIn>>

/** A page of another origin that embeds the widget as a customer would. */
export async function startPage(widgetOrigin: string) {
  const state = {
    publicKey: 'mvc_pk_test',
    attributes: '',
    language: 'en',
    csp: '',
    body: '<h1>Shop</h1><p>Welcome.</p>',
    head: '',
  }
  const server = createServer((_, response) => {
    if (state.csp) response.setHeader('Content-Security-Policy', state.csp)
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><html lang="${state.language}"><head><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${state.head}
<script async src="${widgetOrigin}/widget.js" data-public-key="${state.publicKey}" ${state.attributes}></script></head>
<body><main>${state.body}</main></body></html>`)
  })
  const origin = await open(server, 'localhost')
  return Object.assign(state, {
    origin,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
}

export type HostPage = Awaited<ReturnType<typeof startPage>>

async function open(server: Server, host: string): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  if (!address || typeof address === 'string') throw new Error('The server listens at no port.')
  return `http://${host}:${address.port}`
}

function answerJson(response: ServerResponse, refusal: Refusal | null, body: unknown) {
  if (refusal?.retryAfter) response.setHeader('Retry-After', refusal.retryAfter)
  response.writeHead(refusal?.status ?? 200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(refusal ? { error: refusal.error } : body))
}

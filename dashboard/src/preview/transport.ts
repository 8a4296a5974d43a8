/** The widget's requests, answered for the playground: by token instead of a public key, and without a config to fetch. */
import type { Preview } from './address.ts'
import { playgroundToken } from './token.ts'

/** Of an answer that has begun. */
export interface StartedTurn {
  sessionId: string
  messageId: number
}

type Fetch = typeof fetch

export function playgroundFetch(send: Fetch, preview: Preview, onTurn: (turn: StartedTurn) => void): Fetch {
  let running: AbortController | null = null

  async function ask(body: { session_id: string; message: string }, signal: AbortSignal | null | undefined) {
    running = new AbortController()
    const token = await playgroundToken(send, preview.workspaceId)
    const { botId: bot_id, version } = preview
    const response = await send('/api/chat/playground/', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ bot_id, version, session_id: body.session_id, message: body.message }),
      signal: signal ? AbortSignal.any([signal, running.signal]) : running.signal,
    })
    if (response.ok) void tellOfTurn(response.clone(), onTurn)
    return response
  }

  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href)
    if (pathname === '/api/widget/config/') return Response.json(preview.config)
    if (pathname === '/api/chat/') return ask(JSON.parse(String(init?.body)), init?.signal)
    if (pathname === '/api/chat/stop/') {
      running?.abort()
      return new Response(null, { status: 204 })
    }
    // The playground has no stream to come back to, and nobody rates there.
    if (pathname.startsWith('/api/chat/')) return Response.json({ error: 'session_not_found' }, { status: 404 })
    return send(input, init)
  }
}

/** Its first event names the message. */
async function tellOfTurn(response: Response, onTurn: (turn: StartedTurn) => void): Promise<void> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const read = await reader?.read().catch(() => undefined)
    if (!read || read.done) return
    text += decoder.decode(read.value, { stream: true })
    const [, data] = /^event: meta\ndata: (.*)\n/m.exec(text) ?? []
    if (!data) continue
    const { session_id, message_id } = JSON.parse(data)
    onTurn({ sessionId: session_id, messageId: message_id })
    // The clone must be read to its end, or it would hold the other back.
    while (!(await reader?.read().catch(() => ({ done: true })))?.done);
    return
  }
}

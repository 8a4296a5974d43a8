/**
 * A model provider on loopback that speaks OpenAI's chat completions and embeddings, Anthropic's messages and the lists of
 * models of both in their real wire formats, with every fault of `modes`. It records what it was sent.
 * Base addresses: `${url}/v1` for OpenAI, `url` for Anthropic. From another process: `model-server-main.ts`.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { embeddingsBody } from './model-server-embeddings.ts'
import { sendReply } from './model-server-faults.ts'
import { defaultSettings, type Mode, type ReplySettings, settingsOf, tokensOf } from './model-server-modes.ts'
import { anthropicWire, openAiWire, type Wire } from './model-server-wires.ts'

export interface RecordedCall {
  kind: 'chat' | 'embeddings' | 'models'
  path: string
  /** The path with its query. */
  url: string
  headers: IncomingHttpHeaders
  /** As parsed from JSON. */
  body: Record<string, unknown>
  model: string
  mode: Mode
  /** All that the model would read (system and messages, or the texts to embed), in order. */
  prompt: string
  /** The client's port: calls of one connection have the same. */
  port: number | undefined
  /** Whether the client went away before the reply was sent. */
  wasCut: boolean
}

export interface ModelServer extends AsyncDisposable {
  url: string
  /** Change at any time; holds for the calls that follow and whose model's name does not say otherwise. */
  settings: ReplySettings
  /** Modes of the next calls, one each, before `settings` hold again. */
  script: Mode[]
  /** Parameters that are refused by name with 400, as providers do for models that do not take them. */
  refusedParameters: string[]
  calls: RecordedCall[]
  chatCalls(): RecordedCall[]
  callCount: number
}

/** `isRecording: false` keeps only the count, for benches. */
export async function startModelServer(
  options: Partial<ReplySettings> & { isRecording?: boolean; port?: number } = {},
): Promise<ModelServer> {
  const { isRecording = true, port = 0, ...own } = options
  const state = {
    settings: { ...defaultSettings, ...own },
    script: [] as Mode[],
    refusedParameters: [] as string[],
    calls: [] as RecordedCall[],
    callCount: 0,
  }

  function answer(request: IncomingMessage, response: ServerResponse, text: string): unknown {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    if (path === '/control') return control(request, response, text)
    const kind = path.endsWith('/models') ? 'models' : path.endsWith('/embeddings') ? 'embeddings' : 'chat'
    const wire: Wire = request.headers['x-api-key'] === undefined ? openAiWire : anthropicWire
    const body: Record<string, unknown> = kind === 'models' ? {} : JSON.parse(text)
    const model = String(body.model)
    const next = state.script.shift()
    const settings = settingsOf(model, next ? { ...state.settings, mode: next } : state.settings)
    const prompt = promptOf(body)
    const credential =
      request.headers.authorization ?? String(request.headers['x-api-key'] ?? request.headers['api-key'])
    state.callCount++
    const call: RecordedCall = {
      kind,
      path,
      url: request.url ?? '',
      headers: request.headers,
      body,
      model,
      mode: settings.mode,
      prompt,
      port: request.socket.remotePort,
      wasCut: false,
    }
    if (isRecording) {
      state.calls.push(call)
      response.once('close', () => {
        call.wasCut = !response.writableFinished
      })
    }
    const refused = state.refusedParameters.find((name) => name in body)
    if (refused) return refuse(response, refused)
    if (kind === 'embeddings' && (settings.mode === 'ok' || settings.mode === 'echo')) {
      const input = Array.isArray(body.input) ? body.input.map(String) : [String(body.input)]
      return sendJson(response, 200, embeddingsBody(input, model, body.encoding_format))
    }
    if (kind === 'models' && (settings.mode === 'ok' || settings.mode === 'echo'))
      return sendJson(response, 200, JSON.stringify({ object: 'list', data: [{ id: 'test-model', object: 'model' }] }))
    const tokens = tokensOf(settings, prompt)
    const reply = wire.reply(settings, tokens, Math.ceil(prompt.length / 4), model)
    sendReply(response, settings, reply, (status) => wire.error(status, credential))
  }

  /** `PUT /control` sets what its JSON names; `GET /control` answers with what was recorded. */
  function control(request: IncomingMessage, response: ServerResponse, text: string): void {
    if (request.method === 'PUT') Object.assign(state.settings, JSON.parse(text))
    sendJson(
      response,
      200,
      JSON.stringify({ settings: state.settings, callCount: state.callCount, calls: state.calls }),
    )
  }

  const server = createServer((request, response) => {
    response.on('error', () => {})
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => {})
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString('utf8')))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo

  return Object.assign(state, {
    url: `http://127.0.0.1:${bound}`,
    chatCalls: () => state.calls.filter((call) => call.kind === 'chat'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

function refuse(response: ServerResponse, parameter: string): void {
  const error = {
    message: `Unsupported parameter: '${parameter}' is not supported with this model.`,
    type: 'invalid_request_error',
    param: parameter,
    code: 'unsupported_parameter',
  }
  sendJson(response, 400, JSON.stringify({ error }))
}

function promptOf(body: Record<string, unknown>): string {
  const parts: string[] = []
  if (typeof body.system === 'string') parts.push(body.system)
  if (Array.isArray(body.messages)) {
    for (const message of body.messages) parts.push(String(message.content))
  }
  if (body.input !== undefined)
    parts.push(...(Array.isArray(body.input) ? body.input.map(String) : [String(body.input)]))
  return parts.join('\n\n')
}

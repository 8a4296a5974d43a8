/** The HTTP server: its limits, and how a path becomes an endpoint that answers every method. */
import { randomUUID } from 'node:crypto'
import { METHODS, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '@mevichat/protocol/errors.ts'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { fail } from '../fail.ts'
import type { Log } from '../log.ts'
import { type ErrorField, refusalOf, refuse } from './refuse.ts'

export type HttpApp = FastifyInstance

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyMs?: number
  }
}

/** How long a body may take to come; uploads have longer. */
const defaultBodyMs = 15_000
const longestBodyMs = 15 * 60_000

export function createHttpApp({ log, bodyMs = defaultBodyMs }: { log: Log; bodyMs?: number }): HttpApp {
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    // No address is longer: Node's limit of all headers is as much.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    rewriteUrl: ({ url = '/' }) => decodable(url),
    requestTimeout: longestBodyMs,
    keepAliveTimeout: 5_000,
    maxRequestsPerSocket: 1_000,
    forceCloseConnections: 'idle',
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2_000,
      // Of two `Authorization` headers Node would take the first; joined they are no token.
      joinDuplicateHeaders: true,
      // A request without one is refused below, in our words.
      requireHostHeader: false,
    },
    // What the parser refuses gets one answer, and the connection is closed.
    clientErrorHandler: (error, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) return void socket.destroy()
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
      socket.end(bareAnswer(status))
    },
    frameworkErrors: (error, request, reply) => void refuse(reply, refusalOf(error, request, log)),
  })
  // Bodies are left to the handlers, which have an order of checks to keep: Fastify believes that no method has one.
  for (const method of METHODS) {
    if (method !== 'CONNECT') app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  }
  app.server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { connection: 'close', 'content-type': 'application/json; charset=utf-8' })
    response.end('{"error":"invalid_request"}')
  })
  // No endpoint is a tunnel. Node hands the bare connection over.
  app.server.on('connect', (_request, socket) => {
    socket.on('error', () => {})
    socket.end(bareAnswer(405, 'method_not_allowed', 'allow: GET, POST, PUT, PATCH, DELETE, OPTIONS\r\n'), () =>
      socket.destroy(),
    )
  })
  app.addHook('onRequest', async (request, reply) => {
    endSlowBody(request, reply.raw, bodyMs)
    // Node takes HTTP/0.9 and a second Host header; a proxy in front may read those otherwise than we do.
    const { rawHeaders, httpVersion, httpVersionMajor } = request.raw
    const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length
    if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0') || httpVersionMajor !== 1) {
      reply.header('connection', 'close')
      throw fail('invalid_request')
    }
    reply.header('x-content-type-options', 'nosniff')
  })
  app.setErrorHandler((error, request, reply) => refuse(reply, refusalOf(error, request, log)))
  app.setNotFoundHandler((_request, reply) => refuse(reply, fail('not_found')))
  return app
}

/** A path with a `%` that encodes nothing leads nowhere or names nothing, as any other: the endpoint's own checks say so. */
function decodable(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1)
  try {
    decodeURI(path)
    return url
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length)
  }
}

/** Node has one limit for all requests. */
function endSlowBody({ raw, routeOptions }: FastifyRequest, response: ServerResponse, usualMs: number): void {
  if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return
  const timer = setTimeout(() => {
    if (raw.complete) return
    if (!response.headersSent && !isAnswering(raw.socket)) raw.socket.write(bareAnswer(408))
    raw.socket.destroySoon()
  }, routeOptions.config.bodyMs ?? usualMs)
  raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}

/** Whether an answer has begun, in the middle of which a bare one would stand. Node's own handler asks the same. */
function isAnswering(socket: Socket & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true
}

function bareAnswer(status: number, code: ErrorCode = 'invalid_request', headers = ''): string {
  const body = JSON.stringify({ error: code })
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export interface Endpoint {
  path: string
  methods: { GET?: Handler; POST?: Handler; PUT?: Handler; PATCH?: Handler; DELETE?: Handler }
  /** Public answers, their errors too, can be read by any page; the check of the origin is made on the server. */
  isPublic?: boolean
  errorField?: ErrorField
  /** Takes files: its body may take a quarter of an hour to come. */
  isUpload?: boolean
}

/** Every other method is answered 405 with `Allow`, on a public endpoint OPTIONS is answered as CORS wants it. */
export function addEndpoint(app: HttpApp, { log }: { log: Log }, endpoint: Endpoint): void {
  const handled = Object.keys(endpoint.methods)
  const allow = [...handled, ...(endpoint.isPublic ? ['OPTIONS'] : [])].join(', ')

  function add(method: string | string[], handler: Handler) {
    app.route({
      method,
      url: endpoint.path,
      async onRequest(_request, reply) {
        if (!endpoint.isPublic) return
        reply.header('access-control-allow-origin', '*')
        reply.header('access-control-expose-headers', 'Retry-After')
      },
      handler,
      config: endpoint.isUpload ? { bodyMs: longestBodyMs } : {},
      errorHandler: (error, request, reply) => void refuse(reply, refusalOf(error, request, log), endpoint.errorField),
    })
  }
  for (const [method, handler] of Object.entries(endpoint.methods)) add(method, handler)
  if (endpoint.isPublic) {
    add('OPTIONS', async (_request, reply) =>
      reply
        .code(204)
        .header('access-control-allow-methods', 'GET, POST')
        .header('access-control-allow-headers', 'content-type, idempotency-key, last-event-id')
        .header('access-control-max-age', '86400')
        .send(),
    )
  }
  const others = app.supportedMethods.filter(
    (method) => !handled.includes(method) && !(endpoint.isPublic && method === 'OPTIONS'),
  )
  add(others, async () => {
    throw fail('method_not_allowed', { headers: { allow } })
  })
}

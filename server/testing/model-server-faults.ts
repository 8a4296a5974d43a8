/** Sends a reply, whole or with the fault that its mode asks for. */
import type { ServerResponse } from 'node:http'
import type { ReplySettings } from './model-server-modes.ts'
import type { WireReply } from './model-server-wires.ts'

const hugeLine = 10 * 1024 * 1024
/** An event that says nothing, in either format. */
const idleEvent = `data: {"type":"ping","choices":[],"pad":"${'a'.repeat(64 * 1024)}"}\n\n`

export function sendReply(
  response: ServerResponse,
  settings: ReplySettings,
  reply: WireReply,
  errorBody: (status: number) => string,
): unknown {
  const { mode } = settings
  const json = { 'content-type': 'application/json' }
  if (mode === 'http401') return response.writeHead(401, json).end(errorBody(401))
  if (mode === 'http500') return response.writeHead(500, json).end(errorBody(500))
  if (mode === 'flood500') return flood(response.writeHead(500, json))
  if (mode === 'json200_error') return response.writeHead(200, json).end(errorBody(500))
  if (mode === 'http429_retry_after') {
    const headers = { ...json, 'retry-after': String(settings.retryAfterSeconds) }
    return response.writeHead(429, headers).end(errorBody(429))
  }
  if (mode === 'html200') {
    const page = '<!doctype html><title>Sign in</title><p>Please sign in to the proxy.'
    return response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  if (mode === 'slow_first') {
    response.flushHeaders()
    const timer = setTimeout(() => sendWhole(response, settings, reply), settings.slowMs)
    return response.once('close', () => clearTimeout(timer))
  }
  const fault = midwayFault(response, settings, reply)
  if (!fault) return sendWhole(response, settings, reply)
  sendPaced(response, [reply.opening, ...reply.tokens.slice(0, settings.faultAfter)], settings.paceMs, fault)
}

/** What happens after `faultAfter` tokens, or null where nothing does. */
function midwayFault(response: ServerResponse, { mode, pingMs }: ReplySettings, reply: WireReply): (() => void) | null {
  switch (mode) {
    case 'stall_mid':
      return () => ping(response, pingMs)
    case 'reset':
      return () => setImmediate(() => response.socket?.resetAndDestroy())
    case 'fin_early':
      return () => response.socket?.end()
    case 'bad_json_chunk':
      return () => response.end(reply.broken + reply.finish + reply.done)
    case 'huge_line':
      return () => {
        response.write('data: "')
        response.end(Buffer.alloc(hugeLine, 'a'))
      }
    case 'flood':
      return () => flood(response)
    default:
      return null
  }
}

function sendWhole(response: ServerResponse, settings: ReplySettings, reply: WireReply): unknown {
  const { mode, paceMs, hangsUp, pingMs } = settings
  const ending = reply.finish + (mode === 'no_done' ? '' : mode === 'dup_done' ? reply.done + reply.done : reply.done)
  const pieces = [reply.opening, ...reply.tokens]
  if (paceMs > 0) return sendPaced(response, pieces, paceMs, () => response.end(ending))
  const whole = pieces.join('') + ending
  if (!hangsUp) {
    response.write(whole)
    return ping(response, pingMs)
  }
  if (mode === 'crlf') return response.end(whole.replaceAll('\n', '\r\n'))
  if (mode === 'blank_data') return response.end(whole.replaceAll('\n\n', '\n\ndata:\n\n'))
  if (mode !== 'split_utf8' && mode !== 'split_every_byte') return response.end(whole)
  const bytes = Buffer.from(whole)
  for (let start = 0; start < bytes.length; ) {
    const end = mode === 'split_utf8' ? nextCutInsideCharacter(bytes, start) : start + 1
    response.write(bytes.subarray(start, end))
    start = end
  }
  response.end()
}

function ping(response: ServerResponse, pingMs: number): void {
  if (pingMs === 0) return
  const timer = setInterval(() => response.write(': ping\n\n'), pingMs)
  response.once('close', () => clearInterval(timer))
}

/** As much as is taken, without an end. */
function flood(response: ServerResponse): void {
  const pour = () => {
    while (!response.destroyed && response.write(idleEvent));
  }
  response.on('drain', pour)
  pour()
}

/** After the first byte of the next character that has several. */
function nextCutInsideCharacter(bytes: Buffer, from: number): number {
  for (let i = from; i < bytes.length; i++) if ((bytes[i] ?? 0) >= 0xc0) return i + 1
  return bytes.length
}

function sendPaced(response: ServerResponse, pieces: string[], paceMs: number, then: () => void): unknown {
  if (paceMs === 0) {
    response.write(pieces.join(''))
    return then()
  }
  let next = 0
  const timer = setInterval(() => {
    const piece = pieces[next++]
    if (piece !== undefined) return response.write(piece)
    clearInterval(timer)
    then()
  }, paceMs)
  response.once('close', () => clearInterval(timer))
}

/** Request bodies of the public endpoints, read by our own rules: the content type is not looked at. */
import type { IncomingMessage } from 'node:http'
import { fail } from '../fail.ts'
import { jsonDepthOf } from '../text/json-depth.ts'

/** How much of a refused body is read at most. */
const maxDrainBytes = 32 * 1024 * 1024

/** Throws `unsupported_encoding` and, over `maxBytes`, `payload_too_large`, after which the connection is closed. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw fail('unsupported_encoding', { headers: { connection: 'close' } })
  }
  const chunks: Buffer[] = []
  let bytes = 0
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared <= maxBytes) {
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > maxBytes) break
        chunks.push(chunk)
      }
    } catch (cause) {
      // The caller went away in mid-sentence: nobody reads the answer, and it is no fault of ours.
      throw fail('invalid_request', { cause })
    }
  }
  if (bytes > maxBytes || declared > maxBytes) throw fail('payload_too_large', { headers: { connection: 'close' } })
  return Buffer.concat(chunks, bytes)
}

/**
 * `answer`, which ends once what is still coming has come: were the connection closed before, it would be reset, and the
 * client that is still sending would never see the answer. It may send so much, and as long as a body may take.
 */
export async function* lingering(answer: string, request: IncomingMessage): AsyncGenerator<string> {
  yield answer
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxDrainBytes) return
    }
  } catch {
    // The client has gone.
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON object in `body`, whose `__proto__` keys are left out. Throws `invalid_json`; the depth is looked at before anything is parsed. */
export function parseJsonObject(body: Buffer, maxDepth: number): Record<string, unknown> {
  let text: string
  try {
    // The decoder drops a byte order mark.
    text = utf8.decode(body)
  } catch (cause) {
    throw fail('invalid_json', { cause })
  }
  if (jsonDepthOf(text, maxDepth) > maxDepth) throw fail('invalid_json')
  let value: unknown
  try {
    value = JSON.parse(text, text.includes('__proto__') || text.includes('\\u') ? dropProto : undefined)
  } catch (cause) {
    throw fail('invalid_json', { cause })
  }
  if (!isJsonObject(value)) throw fail('invalid_json')
  return value
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `JSON.parse` makes `__proto__` an own key; whoever copies the object would set its prototype. */
function dropProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

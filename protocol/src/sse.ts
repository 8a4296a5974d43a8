/** Server-Sent Events as Mevichat writes and reads them (WHATWG HTML §9.2). Imports nothing: the widget carries it too. */

export interface ServerSentEvent {
  id: string
  event: string
  data: string
}

/**
 * One event on the wire. JSON escapes every newline; U+2028 and U+2029 are escaped as well, so that no reader
 * that splits lines generously can be made to see a second event in somebody's text.
 */
export function encodeEvent(id: number, event: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${escapeSeparators(JSON.stringify(data))}\n\n`
}

/** Sent where nothing happens for a while, so that no proxy believes the stream dead. */
export const keepAliveComment = ': keep-alive\n\n'

function escapeSeparators(json: string): string {
  return /[\u2028\u2029]/.test(json) ? json.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029') : json
}

/** Takes text in pieces of any size and calls `onEvent` for each complete event. CR, LF and CRLF all end a line. */
export function createEventParser(onEvent: (event: ServerSentEvent) => void): (chunk: string) => void {
  let buffer = ''
  let id = ''
  let event = ''
  let data = ''
  let hasData = false

  function takeLine(line: string): void {
    if (line === '') {
      if (hasData) onEvent({ id, event: event || 'message', data })
      event = ''
      data = ''
      hasData = false
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') {
      data = hasData ? `${data}\n${rest}` : rest
      hasData = true
    } else if (field === 'event') event = rest
    else if (field === 'id') id = rest
  }

  return (chunk) => {
    buffer += chunk
    let start = 0
    for (;;) {
      const lf = buffer.indexOf('\n', start)
      const cr = buffer.indexOf('\r', start)
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf
      // A CR that ends the chunk may be half of a CRLF: wait for what follows.
      if (end < 0 || (end === cr && end === buffer.length - 1)) break
      takeLine(buffer.slice(start, end))
      start = end === cr && buffer[end + 1] === '\n' ? end + 2 : end + 1
    }
    buffer = buffer.slice(start)
  }
}

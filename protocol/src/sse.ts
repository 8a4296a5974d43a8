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
  let data: string[] = []

  return (chunk) => {
    // A CR that ends the chunk may be half of a CRLF: it waits for what follows.
    const lines = (buffer + chunk).split(/\r\n|\n|\r(?!$)/)
    buffer = lines.pop() ?? ''
    for (const line of lines) {
      const [, field, value = ''] = /^([^:]*):? ?(.*)/s.exec(line) ?? []
      if (line === '') {
        if (data.length) onEvent({ id, event: event || 'message', data: data.join('\n') })
        event = ''
        data = []
      } else if (field === 'data') data.push(value)
      else if (field === 'event') event = value
      else if (field === 'id') id = value
    }
  }
}

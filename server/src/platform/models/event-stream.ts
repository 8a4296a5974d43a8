/** Bytes of a `text/event-stream` to events (WHATWG HTML §9.2), whatever their line ends and wherever they are cut. */
import { StringDecoder } from 'node:string_decoder'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

const maxEventChars = 1024 * 1024

export interface EventReader {
  /** Throws what `onEvent` throws, and RangeError once an event is longer than a megabyte. */
  read(bytes: Buffer): void
  /** The bytes are over; an event that lacks its closing blank line still counts. */
  end(): void
}

export function createEventReader(onEvent: (event: EventSourceMessage) => void): EventReader {
  const decoder = new StringDecoder('utf8')
  const parser = createParser({
    onEvent,
    maxBufferSize: maxEventChars,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new RangeError('an event is longer than a megabyte')
    },
  })
  return {
    read: (bytes) => parser.feed(decoder.write(bytes)),
    end: () => parser.feed(`${decoder.end()}\n\n`),
  }
}

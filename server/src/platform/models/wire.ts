/** What a provider's wire format must tell; everything else of a streamed reply is shared by all of them. */
import type { EventSourceMessage } from 'eventsource-parser'
import type { ChatModelRequest, ModelFinish } from './models.ts'

export interface Call {
  url: URL
  headers: Record<string, string>
  body: string
  /** Parameters in the body that a model may refuse by name and that the call can do without. */
  optional: readonly string[]
}

/** What has been read of a reply; the wire format's reader writes to it. */
export interface Reply {
  /** Not handed on yet. */
  text: string
  /** Output of any kind has come, a reasoning model's thoughts included. */
  hasOutput: boolean
  finish: ModelFinish['finish'] | null
  usage: ModelFinish['usage']
  isDone: boolean
}

export interface ChatWire {
  readonly provider: string
  /** `refused` holds the optional parameters that this model would not take. */
  call(request: ChatModelRequest, refused: ReadonlySet<string>): Call
  /** Throws ModelError, or any error for what is malformed. */
  read(event: EventSourceMessage, reply: Reply): void
}

/** What a provider's wire format must tell; everything else of a streamed reply is shared by all of them. */
import type { EventSourceMessage } from 'eventsource-parser'
import type { Call, Reply } from './exchange.ts'
import type { ChatModelRequest } from './models.ts'

export interface ChatWire {
  readonly provider: string
  /** `refused` holds the optional parameters that this model would not take. */
  call(request: ChatModelRequest, refused: ReadonlySet<string>): Call
  /** Throws ModelError, or any error for what is malformed. */
  read(event: EventSourceMessage, reply: Reply): void
}

/** The conversations of a bot as one file, made while it is read, so that neither its size nor its reader is a matter of memory. */
import type { Db } from '../platform/db/db.ts'
import type { WorkspaceId } from '../platform/id.ts'
import { finishReasonOf, transcriptOf } from './conversations.ts'
import { csvRow } from './csv.ts'
import { type Conversation, type ConversationFilter, findConversations, type Place } from './search.ts'
import { selectTurnsInBatches, type Turn } from './store.ts'

export type Export = (ports: { db: Db }, workspaceId: WorkspaceId, filter: ConversationFilter) => AsyncIterable<string>

const conversationsAtOnce = 50

/** Oldest first: one that goes on meanwhile comes once more at the end, and none is missed. */
async function* allConversations(
  ports: { db: Db },
  workspaceId: WorkspaceId,
  filter: ConversationFilter,
): AsyncGenerator<Conversation> {
  let after: Place | undefined
  do {
    const page = await findConversations(ports, workspaceId, filter, {
      limit: conversationsAtOnce,
      isOldestFirst: true,
      after,
    })
    yield* page.conversations
    after = page.next ?? undefined
  } while (after)
}

/** A line each, as one alone is exported, with the ratings. */
export const asJsonLines: Export = async function* (ports, workspaceId, filter) {
  for await (const conversation of allConversations(ports, workspaceId, filter)) {
    yield* transcriptOf(ports, conversation, { withRatings: true })
    yield '\n'
  }
}

const columns = [
  'session_id',
  'visitor_id',
  'visitor_metadata',
  'message_id',
  'asked_at',
  'question',
  'answer',
  'finish_reason',
  'rating',
  'citations',
]

/** A row for each question with its answer. It begins with a byte order mark, by which Excel knows UTF-8. */
export const asCsv: Export = async function* (ports, workspaceId, filter) {
  yield `\uFEFF${csvRow(columns)}`
  for await (const conversation of allConversations(ports, workspaceId, filter)) {
    for await (const turns of selectTurnsInBatches(ports.db, conversation)) {
      yield turns.map((turn) => csvRow(cellsOf(conversation, turn))).join('')
    }
  }
}

function cellsOf({ visitorId, visitorMetadata }: Conversation, turn: Turn): string[] {
  const citations = turn.citations?.map(
    ({ index, title, url }) => `[${index}] ${[title, url].filter(Boolean).join(' ')}`,
  )
  return [
    turn.sessionId,
    visitorId ?? '',
    visitorMetadata ? JSON.stringify(visitorMetadata) : '',
    String(turn.id),
    turn.createdAt.toISOString(),
    turn.question,
    turn.answer,
    turn.finishReason ? finishReasonOf(turn.finishReason) : '',
    turn.rating === null ? '' : turn.rating > 0 ? 'helpful' : 'not_helpful',
    citations?.join('\n') ?? '',
  ]
}

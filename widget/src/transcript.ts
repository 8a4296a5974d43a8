/** The conversation as the browser keeps it, from the first question on: one record per key, shared by all tabs of the site. */
import type { Citation, FinishReason } from '@mevichat/protocol/chat.ts'
import type { Failure } from './connection.ts'

/** 1 helpful, -1 not, null neither. */
export type Rating = 1 | -1 | null

/** A question and its answer; without `finish` and `failure` it is still being written. */
export interface Turn {
  key: string
  question: string
  /** When it was last asked, in milliseconds of the epoch; of two versions of a turn the later asked stands. */
  at: number
  messageId: number | null
  text: string
  citations: Citation[]
  finish: FinishReason | null
  failure: Failure | null
  /** By the visitor; the last one said stands, in whichever tab. */
  rated?: { value: Rating; at: number } | undefined
}

export interface Transcript {
  sessionId: string
  /** When the first question was asked, in milliseconds of the epoch; 0 before that. */
  startedAt: number
  turns: Turn[]
}

const maxTurns = 50

export const isOpen = (turn: Turn) => !turn.finish && !turn.failure

export function newTranscript(): Transcript {
  return { sessionId: randomUuid(), startedAt: 0, turns: [] }
}

/** A version 4 UUID; `crypto.randomUUID` is missing on pages without https. */
export function randomUuid(): string {
  return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (place) =>
    (Number(place) ^ ((crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & (15 >> (Number(place) / 4)))).toString(16),
  )
}

/** What both tabs know: the younger conversation, and of each turn in it what is further along, or heard right here. */
export function merge(ours: Transcript, theirs: Transcript, liveKey?: string): Transcript {
  if (ours.sessionId !== theirs.sessionId) return ours.startedAt >= theirs.startedAt ? ours : theirs
  const turns = new Map(theirs.turns.map((turn) => [turn.key, turn]))
  for (const turn of ours.turns) {
    const other = turns.get(turn.key)
    const isAhead = !other || turn.at > other.at || (turn.at === other.at && progress(turn) >= progress(other))
    if (isAhead || turn.key === liveKey) turns.set(turn.key, turn)
  }
  return { ...ours, turns: [...turns.values()].sort((a, b) => a.at - b.at).slice(-maxTurns) }
}

function progress(turn: Turn): number {
  return (
    (turn.rated?.at ?? 0) + (turn.finish ? 2e9 : turn.failure ? 1e9 : 0) + turn.text.length + (turn.messageId ? 1 : 0)
  )
}

export function createStore(publicKey: string) {
  const name = `mevichat-1:${publicKey}`

  function load(): Transcript | null {
    try {
      // The name of the record carries its version, so whatever is there has the shape this file gave it.
      const stored = JSON.parse(localStorage.getItem(name) ?? 'null')
      return Array.isArray(stored?.turns) ? stored : null
    } catch {
      return null
    }
  }

  return {
    load,
    /** Returns what now stands; with storage blocked or full the conversation lives in memory alone. */
    save(transcript: Transcript, liveKey?: string): Transcript {
      const stored = load()
      const merged = stored ? merge(transcript, stored, liveKey) : transcript
      try {
        localStorage.setItem(name, JSON.stringify(merged))
      } catch {}
      return merged
    },
    remove() {
      try {
        localStorage.removeItem(name)
      } catch {}
    },
    /** Another tab wrote; null when it removed the conversation. */
    onChange(listener: (transcript: Transcript | null) => void) {
      window.addEventListener('storage', ({ key }) => {
        if (key === name || key === null) listener(load())
      })
    },
  }
}

export type Store = ReturnType<typeof createStore>

/** The conversation: which question is being answered, what has been said, and how both outlive reloads and other tabs. */
import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import type { Connection, Failure } from './connection.ts'
import type { Emit } from './host-api.ts'
import { isOpen, merge, newTranscript, randomUuid, type Store, type Turn } from './transcript.ts'

export type Stage = 'searching' | 'writing' | 'reconnecting'

/** The turn this tab is listening to. */
interface Live {
  key: string
  stage: Stage
  isStopping: boolean
  cut: AbortController
}

export interface Thread {
  turns(): readonly Turn[]
  /** Null where nothing is being written for this tab to hear. */
  stage(): Stage | null
  /** Null while another question is being answered. */
  ask(question: string): Turn | null
  stop(): void
  retry(): void
  /** Of one turn; kept and shown. */
  change(key: string, change: Partial<Turn>): void
  sessionId(): string
  /** Forgets the conversation, here and in the other tabs. */
  restart(): void
  /** Picks up an answer that a reload or another tab left unfinished. */
  resume(): void
}

/** How long the server has to confirm a stop before the widget ends the answer on its own. */
const stopGraceMs = 3_000
const saveEveryMs = 1_000

export function createThread(connection: Connection, store: Store, emit: Emit, changed: () => void): Thread {
  let transcript = store.load() ?? newTranscript()
  let live: Live | null = null
  let saveTimer: ReturnType<typeof setTimeout> | undefined

  const last = () => transcript.turns.at(-1)

  function save() {
    clearTimeout(saveTimer)
    saveTimer = undefined
    transcript = store.save(transcript, live?.key)
  }

  function saveSoon() {
    saveTimer ??= setTimeout(save, saveEveryMs)
  }

  function update(key: string, change: Partial<Turn>) {
    transcript = {
      ...transcript,
      turns: transcript.turns.map((turn) => (turn.key === key ? { ...turn, ...change } : turn)),
    }
  }

  function change(key: string, to: Partial<Turn>) {
    update(key, to)
    save()
    changed()
  }

  function tellToStop(messageId: number | null | undefined) {
    if (messageId) void connection.tell('stop/', { session_id: transcript.sessionId, message_id: messageId })
  }

  function find(key: string) {
    return transcript.turns.find((turn) => turn.key === key)
  }

  function hear(now: Live, turn: Turn, { event, data }: ChatEvent) {
    const { key } = now
    if (event === 'meta') {
      update(key, { messageId: data.message_id, text: '', citations: [] })
      now.stage = 'searching'
      if (now.isStopping) tellToStop(data.message_id)
      save()
    } else if (event === 'token') {
      now.stage = 'writing'
      update(key, { text: turn.text + data.text })
      saveSoon()
    } else if (event === 'blocked') update(key, { text: data.fallback })
    else if (event === 'citations') update(key, { citations: data.citations })
    else if (event === 'error') update(key, { failure: { code: data.code, retryAt: null } })
    else if (event === 'done' && !turn.failure) update(key, { finish: data.finish_reason })
    changed()
  }

  async function follow(turn: Turn) {
    const { key } = turn
    const now: Live = {
      key,
      stage: 'searching',
      isStopping: false,
      cut: new AbortController(),
    }
    live = now
    changed()
    const question = { sessionId: transcript.sessionId, key, text: turn.question, messageId: turn.messageId }
    const listener = {
      onEvent(event: ChatEvent) {
        const current = find(key)
        if (current && live === now) hear(now, current, event)
      },
      onCut() {
        now.stage = 'reconnecting'
        changed()
      },
    }
    const failure = await connection.follow(question, listener, now.cut.signal)
    if (live === now) settle(key, failure)
  }

  /** Ends the turn this tab listens to: answered, failed, or stopped without a word from the server. */
  function settle(key: string, failure: Failure | null) {
    const isStopped = live?.isStopping
    live = null
    const turn = find(key)
    change(key, turn && isOpen(turn) ? (isStopped || !failure ? { finish: 'cancelled' } : { failure }) : {})
    const { text, finish, failure: fault, citations } = find(key) ?? {}
    if (finish) emit('answer', { text: text ?? '', finishReason: finish, citations: citations ?? [] })
    else if (fault) emit('error', { code: fault.code })
  }

  function leave() {
    live?.cut.abort()
    live = null
  }

  function resume() {
    const turn = last()
    if (!live && turn && isOpen(turn)) void follow(turn)
  }

  store.onChange((theirs) => {
    const next = theirs ? merge(transcript, theirs, live?.key) : newTranscript()
    if (next.sessionId !== transcript.sessionId) leave()
    transcript = next
    const heard = live && find(live.key)
    if (heard && !isOpen(heard)) leave()
    changed()
  })
  window.addEventListener('pagehide', () => saveTimer && save())

  return {
    turns: () => transcript.turns,
    stage: () => live?.stage ?? null,
    sessionId: () => transcript.sessionId,
    change,
    ask(question) {
      if (live) return null
      const turn: Turn = {
        key: randomUuid(),
        question,
        at: Date.now(),
        messageId: null,
        text: '',
        citations: [],
        finish: null,
        failure: null,
      }
      transcript = { ...transcript, startedAt: transcript.startedAt || turn.at, turns: [...transcript.turns, turn] }
      save()
      emit('question', { text: question })
      void follow(turn)
      return turn
    },
    stop() {
      if (!live || live.isStopping) return
      const now = live
      now.isStopping = true
      tellToStop(find(now.key)?.messageId)
      setTimeout(() => {
        if (live !== now) return
        now.cut.abort()
        settle(now.key, null)
      }, stopGraceMs)
      changed()
    },
    retry() {
      const turn = last()
      if (live || !turn?.failure) return
      const again = { ...turn, messageId: null, text: '', citations: [], failure: null, at: Date.now() }
      update(turn.key, again)
      save()
      void follow(again)
    },
    restart() {
      const turn = last()
      if (turn && isOpen(turn)) tellToStop(turn.messageId)
      leave()
      transcript = newTranscript()
      store.remove()
      changed()
    },
    resume,
  }
}

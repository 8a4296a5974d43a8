/** The answers that this process is writing: each goes on whoever listens, can be followed by several readers, and is kept in the database each second. */
import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { type AnswerTrace, keepProgress, type SessionRef } from '../conversations/conversations.ts'
import type { Db } from '../platform/db/db.ts'
import type { EventStream } from '../platform/http/sse.ts'
import type { Log } from '../platform/log.ts'
import { type Hold, renew } from '../quota/quota.ts'
import { streamError } from './endings.ts'

export type CancelReason = 'cancelled' | 'key_revoked' | 'server_restarting' | 'internal_error'

/** What an aborted turn's signal carries. */
export class TurnCancelled extends Error {
  readonly reason: CancelReason
  constructor(reason: CancelReason) {
    super(`the turn was ended: ${reason}`)
    this.name = 'TurnCancelled'
    this.reason = reason
  }
}

/** What has been written of an answer. */
export interface Draft {
  answer: string
  /** Where each `token` event ends in `answer`. */
  tokenEnds: number[]
  /** Null until the knowledge was searched. */
  trace: AnswerTrace | null
  /** Calls of the chat model that were made for it. */
  calls: number
  /** Its place under the cap, once it has one. */
  hold: Hold | null
}

export interface TurnControl {
  draft: Draft
  signal: AbortSignal
}

export type Reader = Pick<EventStream, 'write' | 'onDrain' | 'end'>

export type LiveTurn = InstanceType<typeof RunningTurn>

const beatMs = 1_000

export class LiveTurns {
  private readonly turns = new Map<number, LiveTurn>()
  private readonly db: Db
  private readonly log: Log
  private beating: NodeJS.Timeout | undefined
  private isBeating = false
  private readonly idle: (() => void)[] = []
  /** Answers that began but have no `message_id` yet. */
  private starting = 0
  /** Set once all answers are to end, those that are only beginning too. */
  private ending: CancelReason | null = null

  constructor({ db, log }: { db: Db; log: Log }) {
    this.db = db
    this.log = log
  }

  get size(): number {
    return this.turns.size + this.starting
  }

  find(ref: SessionRef, messageId: number): LiveTurn | null {
    const turn = this.turns.get(messageId)
    return turn && isSame(turn.ref, ref) ? turn : null
  }

  /** Runs an answer to its end, detached from whoever asked. Resolves with its first event; a refusal before that is thrown. */
  async start(ref: SessionRef, answer: (control: TurnControl) => AsyncGenerator<ChatEvent>): Promise<LiveTurn> {
    const turn = new RunningTurn(ref)
    const events = answer(turn)
    this.starting++
    try {
      const first = await events.next()
      if (first.done || first.value.event !== 'meta') throw new Error('an answer begins with meta')
      turn.messageId = first.value.data.message_id
      turn.push(first.value)
    } catch (error) {
      await events.return(undefined)
      this.starting--
      this.rest()
      throw error
    }
    this.starting--
    this.turns.set(turn.messageId, turn)
    this.beating ??= setInterval(() => void this.beat(), beatMs).unref()
    if (this.ending) turn.cancel(this.ending)
    void this.run(turn, events)
    return turn
  }

  /** Ends what is being written in a conversation that is gone. */
  endSession(ref: SessionRef): void {
    for (const turn of this.turns.values()) if (isSame(turn.ref, ref)) turn.cancel('internal_error')
  }

  /** Ends every answer, and what may still begin; each tells its readers why. */
  cancelAll(reason: CancelReason): void {
    this.ending = reason
    for (const turn of this.turns.values()) turn.cancel(reason)
  }

  /** Resolves when nothing is being written. */
  async whenIdle(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private async run(turn: LiveTurn, events: AsyncGenerator<ChatEvent>): Promise<void> {
    try {
      for await (const event of events) turn.push(event)
    } catch (error) {
      this.log.error({ err: error }, 'an answer broke off')
      turn.push({ event: 'error', data: streamError('internal_error') })
      turn.push({ event: 'done', data: { finish_reason: 'error' } })
    } finally {
      turn.end()
      this.turns.delete(turn.messageId)
      this.rest()
    }
  }

  private rest(): void {
    if (this.size > 0) return
    clearInterval(this.beating)
    this.beating = undefined
    for (const resolve of this.idle.splice(0)) resolve()
  }

  private async beat(): Promise<void> {
    const asked = [...this.turns.values()]
    if (asked.length === 0 || this.isBeating) return
    this.isBeating = true
    try {
      const signs = await keepProgress(
        this.db,
        asked.map(({ ref, messageId, draft: { answer, tokenEnds } }) => ({
          workspaceId: ref.workspaceId,
          id: messageId,
          answer,
          tokenEnds,
        })),
      )
      await renew(
        { db: this.db },
        asked.flatMap(({ ref: { workspaceId }, draft: { hold } }) => (hold ? { workspaceId, id: hold.id } : [])),
      )
      const byId = new Map(signs.map((sign) => [sign.id, sign]))
      for (const turn of asked) {
        const sign = byId.get(turn.messageId)
        if (!sign) turn.cancel('internal_error')
        else if (sign.isRevoked) turn.cancel('key_revoked')
        else if (sign.isStopped) turn.cancel('cancelled')
      }
    } catch (error) {
      // The answers go on; what they became is written when they end.
      this.log.warn({ err: error }, 'answers in progress could not be kept')
    } finally {
      this.isBeating = false
    }
  }
}

/** As much of the frames from `start` on as is written at once: one at least. */
export function piece(frames: readonly string[], start: number): string[] {
  let chars = 0
  let end = start
  while (end < frames.length && (end === start || chars + (frames[end]?.length ?? 0) <= maxPieceChars)) {
    chars += frames[end]?.length ?? 0
    end++
  }
  return frames.slice(start, end)
}

const maxPieceChars = 32 * 1024

function isSame(a: SessionRef, b: SessionRef): boolean {
  return a.workspaceId === b.workspaceId && a.botId === b.botId && a.sessionId === b.sessionId
}

class RunningTurn implements TurnControl {
  readonly ref: SessionRef
  readonly draft: Draft = { answer: '', tokenEnds: [], trace: null, calls: 0, hold: null }
  messageId = 0
  private readonly controller = new AbortController()
  /** Encoded events; the event with id n stands at n - 1. */
  private readonly frames: string[] = []
  private readonly readers = new Set<Reader>()
  private hasEnded = false

  constructor(ref: SessionRef) {
    this.ref = ref
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  push(event: ChatEvent): void {
    const frame = encodeEvent(this.frames.length + 1, event.event, event.data)
    this.frames.push(frame)
    for (const reader of this.readers) reader.write(frame)
  }

  end(): void {
    this.hasEnded = true
    for (const reader of this.readers) reader.end()
    this.readers.clear()
  }

  /** Writes what came after event `afterId`, as fast as the reader takes it, and then what comes. Gives the way to stop following. */
  follow(afterId: number, reader: Reader): () => void {
    let next = Math.min(afterId, this.frames.length)
    let isGone = false
    const catchUp = () => {
      while (next < this.frames.length && !isGone) {
        const missed = piece(this.frames, next)
        next += missed.length
        if (!reader.write(missed.join('')) && !isGone) return reader.onDrain(catchUp)
      }
      if (isGone) return
      if (this.hasEnded) reader.end()
      else this.readers.add(reader)
    }
    catchUp()
    return () => {
      isGone = true
      this.readers.delete(reader)
    }
  }

  cancel(reason: CancelReason): void {
    if (!this.signal.aborted) this.controller.abort(new TurnCancelled(reason))
  }
}

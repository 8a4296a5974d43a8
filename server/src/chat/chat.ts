/** Chat owns the path of one answer, from the visitor's message to `done`. */
import type { ChatEvent } from '@mevichat/protocol/chat.ts'
import { type Bot, defaultFallback, defaultGreeting, defaultUnknownAnswer } from '../bots/bots.ts'
import {
  type AnswerTrace,
  clearTheWay,
  deleteTurn,
  historyFrom,
  type SessionRef,
  type TurnOutcome,
} from '../conversations/conversations.ts'
import type { BotModels } from '../credentials/credentials.ts'
import { Reading, search as searchKnowledge } from '../knowledge/knowledge.ts'
import { isBlocked } from '../moderation/moderation.ts'
import type { PlanName } from '../plans/plans.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { KeyId, UserId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { ModelError, type ModelMessage } from '../platform/models/models.ts'
import { type Hold, type OverCap, reserve } from '../quota/quota.ts'
import { CitationMarkers, prove } from './citations.ts'
import { endingOf, quotaError, streamError } from './endings.ts'
import { isGreeting } from './greeting.ts'
import { type Draft, TurnCancelled, type TurnControl } from './live-turns.ts'
import { historyTokens, promptFor } from './prompt.ts'
import { closeTurn, openTurn } from './store.ts'

export interface ChatPorts {
  db: Db
  patientDb: Db
  botModels: BotModels
  clock: Clock
  log: Log
  publicUrl: string
}

/** A message that has passed every check of its door. */
export interface Question {
  ref: SessionRef
  bot: Bot
  plan: PlanName
  keyId: KeyId | null
  userId: UserId | null
  message: string
  visitorId: string | null
  visitorMetadata: Record<string, unknown> | null
  idempotencyKey: string | null
}

/**
 * Writes one answer. Throws `turn_in_progress` and `rate_limited` before the first event; after it every failure is an event.
 * The turn is stored and settled before `done`, in one statement, whoever listens.
 */
export async function* answer(ports: ChatPorts, question: Question, control: TurnControl): AsyncGenerator<ChatEvent> {
  const isRefused = await isBlocked(question.bot.moderationPatterns, question.message)
  const reading = new Reading(question.message)
  const { messageId, place, history } = await begin(ports, question, isRefused, reading)
  control.draft.hold = place && 'id' in place ? place : null
  yield { event: 'meta', data: { session_id: question.ref.sessionId, message_id: messageId } }
  const inside = { ...ports, db: ports.patientDb }

  let outcome: TurnOutcome
  if (isRefused)
    outcome = ended(control.draft, 'blocked', { answer: question.bot.moderationFallback ?? defaultFallback })
  else if (place && 'cap' in place) outcome = ended(control.draft, 'quota_exceeded', { error: quotaError(place) })
  else {
    try {
      outcome = yield* reply(inside, question, history, reading, control)
    } catch (error) {
      outcome = outcomeOf(error, control.draft, ports.log, question.ref)
    }
  }

  await finish(inside, question, messageId, outcome, control.draft)
  yield* endingOf(outcome)
}

/** Stores the question and takes its place under the cap. Throws `turn_in_progress`, and `rate_limited` with nothing left behind. */
async function begin(
  ports: ChatPorts,
  question: Question,
  isRefused: boolean,
  reading: Reading,
): Promise<{ messageId: number; place: Hold | OverCap | null; history: ModelMessage[] }> {
  const { ref, plan, idempotencyKey } = question
  const open = () =>
    openTurn(ports.db, ref, { ...question, question: question.message }, isRefused ? null : plan, reading)
  const opened = (await open()) ?? ((await clearTheWay(ports, ref, idempotencyKey)) ? await open() : null)
  if (!opened) throw fail('turn_in_progress')
  const { messageId, hold, before } = opened
  const history = historyFrom(before, historyTokens)
  if (isRefused || hold) return { messageId, place: hold, history }
  try {
    return { messageId, place: await reserve(ports, ref.workspaceId, plan), history }
  } catch (error) {
    await deleteTurn(ports.patientDb, ref, messageId)
    throw error
  }
}

/** Finds the passages and has the model write; the outcome is what the tokens came to. */
async function* reply(
  ports: ChatPorts,
  { ref, bot, message }: Question,
  history: ModelMessage[],
  reading: Reading,
  { draft, signal }: TurnControl,
): AsyncGenerator<ChatEvent, TurnOutcome> {
  const { credentialId } = bot
  const openModel = (embeddingModel: string | null) =>
    ports.botModels.embedding(ref.workspaceId, { embeddingModel, credentialId })
  const embeddings = await openModel(bot.embeddingModel).catch((error: unknown) => {
    ports.log.warn({ err: error, botId: bot.id }, 'the embedding model cannot be opened: searching by words alone')
    return null
  })
  const startedAt = ports.clock.monotonicMs()
  const msSince = () => Math.round(ports.clock.monotonicMs() - startedAt)
  const asked = { question: message, history, reading }
  const { passages, failure, ...search } = await searchKnowledge(
    { ...ports, embeddings, openModel },
    ref.workspaceId,
    ref.botId,
    asked,
    signal,
  )
  const { model, modelName } = await ports.botModels.chat(ref.workspaceId, bot)
  // A refused key is no lack of knowledge.
  if (search.verdict === 'unknown' && failure instanceof ModelError && failure.code === 'llm_auth_failed') throw failure
  const said = saidWithoutModel(bot, message, search.verdict, model.provider === 'built-in')
  const trace: AnswerTrace = {
    ...search,
    isUnknown: false,
    given: passages.map(({ id }) => id),
    model: said !== null ? null : `${model.provider}:${modelName}`,
    usage: null,
    searchMs: msSince(),
    firstTextMs: null,
  }
  draft.trace = trace
  signal.throwIfAborted()

  const markers = new CitationMarkers(passages, bot.showsCitations)
  let finishReason: 'stop' | 'length' = 'stop'
  for await (const chunk of said !== null
    ? saying(said)
    : model.stream({ ...promptFor(bot, modelName, passages, history, message), onCall: () => draft.calls++ }, signal)) {
    if ('finish' in chunk) {
      finishReason = chunk.finish
      trace.usage = chunk.usage ?? null
    }
    const text = append(draft, 'text' in chunk ? markers.push(chunk.text) : markers.flush())
    if (!text) continue
    trace.firstTextMs ??= msSince()
    yield { event: 'token', data: { text } }
  }
  trace.isUnknown = draft.answer.trim() === (bot.unknownAnswer ?? defaultUnknownAnswer).trim()
  const citations = prove(draft.answer, markers.cited, ports.publicUrl)
  return ended(draft, finishReason, { citations: citations.length > 0 ? citations : null })
}

/** Null where a model is to write. The built-in one can only quote, so it greets back in the bot's own words. */
function saidWithoutModel(bot: Bot, message: string, verdict: string, isBuiltIn: boolean): string | null {
  if (isGreeting(message)) return isBuiltIn ? (bot.greeting ?? defaultGreeting) : null
  return verdict === 'unknown' ? (bot.unknownAnswer ?? defaultUnknownAnswer) : null
}

function* saying(text: string) {
  yield { text }
  yield { finish: 'stop' as const, usage: null }
}

/** PostgreSQL keeps neither NUL nor lone surrogates, and what is shown is what is kept. */
function append(draft: Draft, piece: string): string {
  const text = piece.replaceAll('\0', '').toWellFormed()
  if (text === '') return ''
  draft.answer += text
  draft.tokenEnds.push(draft.answer.length)
  return text
}

function ended(draft: Draft, finishReason: TurnOutcome['finishReason'], rest: Partial<TurnOutcome> = {}): TurnOutcome {
  return {
    citations: null,
    error: null,
    trace: draft.trace,
    answer: draft.answer,
    tokenEnds: draft.tokenEnds,
    finishReason,
    ...rest,
  }
}

function outcomeOf(error: unknown, draft: Draft, log: Log, { workspaceId, botId }: SessionRef): TurnOutcome {
  if (error instanceof TurnCancelled) {
    if (error.reason === 'cancelled') return ended(draft, 'cancelled')
    return ended(draft, draft.answer ? 'incomplete' : 'error', { error: streamError(error.reason) })
  }
  if (error instanceof ModelError)
    log.warn({ code: error.code, reason: error.message, workspaceId, botId }, 'the model failed')
  else log.error({ err: error }, 'an answer failed')
  const code = error instanceof ModelError ? error.code : 'internal_error'
  return ended(draft, draft.answer ? 'incomplete' : 'error', { error: streamError(code) })
}

const retryMs = 2_000
const retriesForMs = 60_000

/** Stores how it ended and settles the quota. A database that is away is waited for; a second try after an unknown outcome changes nothing. */
async function finish(
  { db, clock, log }: ChatPorts,
  { ref }: Question,
  messageId: number,
  outcome: TurnOutcome,
  { hold, calls }: Draft,
) {
  const deadline = clock.monotonicMs() + retriesForMs
  for (;;) {
    try {
      return await closeTurn(db, ref, messageId, outcome, hold, { isCounted: isCounted(outcome), calls })
    } catch (error) {
      if (clock.monotonicMs() > deadline) throw error
      log.warn({ err: error }, 'an answer could not be stored yet')
      await clock.sleep(retryMs)
    }
  }
}

/** What the visitor got and what the model was paid for counts: one that was stopped does once any of it was sent. */
function isCounted({ finishReason, answer: text }: TurnOutcome): boolean {
  return finishReason === 'stop' || finishReason === 'length' || (finishReason === 'cancelled' && text !== '')
}

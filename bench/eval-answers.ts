/**
 * How well the built-in model answers, and whether its citations hold: `npm run eval:answers -- DIR [--json]
 * [--database URL]`. Each question of a set with answers is a turn of its own on the product's whole path, from the
 * stored question to the proven citations.
 */
import { randomUUID } from 'node:crypto'
import type { ChatEvent, Citation } from '@mevichat/protocol/chat.ts'
import { type Bot, defaultUnknownAnswer, findLiveBot } from '../server/src/bots/bots.ts'
import { answer } from '../server/src/chat/chat.ts'
import { listPassages } from '../server/src/knowledge/knowledge.ts'
import type { PageId } from '../server/src/platform/id.ts'
import type { Ports } from '../server/src/ports.ts'
import { scoreAnswer } from './answer-scores.ts'
import { type EvalBot, type EvalPorts, openEvalPorts, pageAt, teach } from './eval-bot.ts'
import { type RetrievalSet, readSets } from './eval-sets.ts'
import { eachOf, mean, runEval, type Scores, share, UsageError } from './evals.ts'

/** While the database looks for one, another is embedded or written. */
const questionsAtOnce = 4

await runEval('answers', ['database'], async (dir, { database }) => {
  const sets = readSets(dir).filter(({ queries }) => queries.some((query) => query.answer !== null))
  if (sets.length === 0) throw new UsageError(`No set in ${dir} has answers: queries.jsonl without "answer".`)
  await using evalPorts = await openEvalPorts(database)
  const scores: Scores[] = []
  for (const set of sets) {
    scores.push(await evaluate(set, evalPorts))
    console.error(`${set.name}: ${set.queries.length} questions are answered`)
  }
  return scores
})

async function evaluate(set: RetrievalSet, evalPorts: EvalPorts): Promise<Scores> {
  const { ports } = evalPorts
  const learnt = await teach(evalPorts, set)
  const bot = await findLiveBot(ports, learnt.workspaceId, learnt.botId)
  if (!bot) throw new Error(`the bot of ${set.name} is gone`)
  const textsOf = passagesReader(ports, learnt)

  const began = performance.now()
  const results = await eachOf(set.queries, questionsAtOnce, async ({ id, text, answer: expected }) => {
    const given = await ask(ports, bot, text)
    const cited = await eachOf(given.citations, 1, async ({ url, quote }) => {
      const pageId = pageAt(url)
      const isVerbatim = pageId !== null && (await textsOf(pageId)).some((passage) => passage.includes(quote))
      return {
        isVerbatim,
        isRelevant: pageId !== null && set.relevant.get(id)?.has(learnt.documentOf.get(pageId) ?? ''),
      }
    })
    return { ...given, cited, score: expected === null ? null : scoreAnswer(given.text, expected, set.isEnglish) }
  })
  const answerMs = (performance.now() - began) / results.length
  const unanswerable = await eachOf(set.unanswerable, questionsAtOnce, (question) => ask(ports, bot, question))

  const answered = results.filter(({ isRefusal }) => !isRefusal)
  const scored = results.map(({ score }) => score).filter((score) => score !== null)
  return {
    set: set.name,
    questions: results.length,
    answered: share(results, ({ isRefusal }) => !isRefusal),
    contained: share(scored, ({ isContained }) => isContained),
    exact: share(scored, ({ isExact }) => isExact),
    token_recall: mean(scored.map(({ recall }) => recall)),
    token_f1: mean(scored.map(({ f1 }) => f1)),
    // Of the answered: those with a citation, and those with one of a document that is relevant.
    cited: share(answered, ({ cited }) => cited.length > 0),
    supported: share(answered, ({ cited }) => cited.some(({ isRelevant }) => isRelevant)),
    quotes_verbatim: share(
      results.flatMap(({ cited }) => cited),
      ({ isVerbatim }) => isVerbatim,
    ),
    unanswerable_refused: share(unanswerable, ({ isRefusal }) => isRefusal),
    answer_ms: answerMs,
  }
}

interface Given {
  text: string
  citations: Citation[]
  isRefusal: boolean
}

/** A turn of a new conversation. Throws when it does not end as an answer does. */
async function ask(ports: Ports, bot: Bot, message: string): Promise<Given> {
  const question = {
    ref: { workspaceId: bot.workspaceId, botId: bot.id, sessionId: randomUUID() },
    bot,
    plan: 'unlimited' as const,
    keyId: null,
    userId: null,
    message,
    visitorId: null,
    visitorMetadata: null,
    idempotencyKey: null,
  }
  const control = {
    draft: { answer: '', tokenEnds: [], trace: null, calls: 0, hold: null },
    signal: new AbortController().signal,
  }
  const events: ChatEvent[] = []
  for await (const event of answer(ports, question, control)) events.push(event)
  const last = events.at(-1)
  if (last?.event !== 'done' || last.data.finish_reason !== 'stop')
    throw new Error(`"${message}" was not answered: ${JSON.stringify(events)}`)
  const text = events.map((event) => (event.event === 'token' ? event.data.text : '')).join('')
  const citations = events.flatMap((event) => (event.event === 'citations' ? event.data.citations : []))
  return { text, citations, isRefusal: text === defaultUnknownAnswer }
}

/** The texts of a page's passages, read once. */
function passagesReader(ports: Ports, { workspaceId, botId }: EvalBot): (pageId: PageId) => Promise<string[]> {
  const texts = new Map<PageId, Promise<string[]>>()
  async function read(pageId: PageId): Promise<string[]> {
    return (await listPassages(ports, workspaceId, botId, pageId)).map(({ text }) => text)
  }
  return (pageId) => {
    const known = texts.get(pageId) ?? read(pageId)
    texts.set(pageId, known)
    return known
  }
}

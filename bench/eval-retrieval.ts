/**
 * How well the product's own retrieval finds: `npm run eval:retrieval -- DIR [--json] [--database URL]`. Every document of
 * a set is a page, cut and indexed as an ingested one; every query is a search.
 */
import { search } from '../server/src/knowledge/knowledge.ts'
import { type EvalPorts, openEvalPorts, teach } from './eval-bot.ts'
import { offTopicQuestions, type RetrievalSet, readSets } from './eval-sets.ts'
import { eachOf, mean, runEval, type Scores, share } from './evals.ts'

interface RetrievalScores extends Scores {
  'ndcg@10': number
  'recall@5': number
  documents: number
  queries: number
  /** Share of the set's own queries that are not refused. */
  answered: number | null
  /** Share of off-topic questions that are refused; null where they are in another language than the set. */
  refused: number | null
  low: number
  indexSeconds: number
  queryMs: number
}

/** While the database looks for one, the next is embedded. */
const questionsAtOnce = 4

await runEval('retrieval', ['database'], async (dir, { database }) => {
  const sets = readSets(dir)
  await using evalPorts = await openEvalPorts(database)
  const scores: RetrievalScores[] = []
  for (const set of sets) {
    scores.push(await evaluate(set, set.isEnglish ? offTopicQuestions(dir, set) : [], evalPorts))
    console.error(`${set.name}: ${set.documents.length} documents and ${set.queries.length} queries are done`)
  }
  const asked = scores.filter(({ refused }) => refused !== null)
  return asked.length > 1 ? [...scores, pooled(asked)] : scores
})

async function evaluate(set: RetrievalSet, offTopic: string[], evalPorts: EvalPorts): Promise<RetrievalScores> {
  const { ports, embeddings } = evalPorts
  const { workspaceId, botId, documentOf, low, indexSeconds } = await teach(evalPorts, set)
  const ask = (question: string) => search({ ...ports, embeddings }, workspaceId, botId, { question, history: [] })

  const began = performance.now()
  const results = await eachOf(set.queries, questionsAtOnce, async ({ id, text }) => {
    const { passages, verdict } = await ask(text)
    const found = [...new Set(passages.map(({ pageId }) => documentOf.get(pageId) ?? ''))]
    const relevant = set.relevant.get(id) ?? new Map<string, number>()
    const hits = found.slice(0, 5).filter((document) => relevant.has(document)).length
    return { ndcg: ndcgAt(10, found, relevant), recall: hits / Math.min(5, relevant.size), verdict }
  })
  const queryMs = (performance.now() - began) / set.queries.length
  const refusals = await eachOf(offTopic, questionsAtOnce, ask)
  return {
    set: set.name,
    'ndcg@10': mean(results.map(({ ndcg }) => ndcg)),
    'recall@5': mean(results.map(({ recall }) => recall)),
    documents: set.documents.length,
    queries: set.queries.length,
    answered: share(results, ({ verdict }) => verdict !== 'unknown'),
    refused: share(refusals, ({ verdict }) => verdict === 'unknown'),
    low,
    indexSeconds,
    queryMs,
  }
}

function ndcgAt(count: number, found: string[], relevant: Map<string, number>): number {
  const gain = (score: number, at: number) => score / Math.log2(at + 2)
  const reached = found.slice(0, count).reduce((sum, document, at) => sum + gain(relevant.get(document) ?? 0, at), 0)
  const best = [...relevant.values()].sort((one, other) => other - one).slice(0, count)
  return reached / best.reduce((sum, score, at) => sum + gain(score, at), 0)
}

/** Over all English sets, each question counting once. */
function pooled(scores: RetrievalScores[]): Scores {
  const queries = scores.reduce((sum, one) => sum + one.queries, 0)
  return {
    set: 'English sets pooled',
    queries,
    answered: scores.reduce((sum, one) => sum + (one.answered ?? 0) * one.queries, 0) / queries,
    refused: mean(scores.map(({ refused }) => refused ?? 0)),
  }
}

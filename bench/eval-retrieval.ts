/**
 * How well the product's own retrieval finds: `node bench/eval-retrieval.ts DIR [--json]`. Every document of a set is a
 * page, cut and indexed as an ingested one, on the embedded database; every query is a search.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { chunk } from '../server/src/ingest/chunk.ts'
import { calibrate, indexPage, search } from '../server/src/knowledge/knowledge.ts'
import { type Db, openDb } from '../server/src/platform/db/db.ts'
import { migrateDb } from '../server/src/platform/db/migrate.ts'
import { type BotId, newId, type PageId, type SourceId, type WorkspaceId } from '../server/src/platform/id.ts'
import { silentLog as log } from '../server/src/platform/log.ts'
import { openMiniLm } from '../server/src/platform/models/minilm.ts'
import type { EmbeddingModel } from '../server/src/platform/models/models.ts'
import { offTopicQuestions, type RetrievalSet, readSet, setFolders } from './eval-sets.ts'

export interface RetrievalScores {
  set: string
  'ndcg@10': number
  'recall@5': number
  documents: number
  queries: number
  /** Share of the set's own queries that are not refused. */
  answered: number
  /** Share of off-topic questions that are refused; null where they are in another language than the set. */
  refused: number | null
  low: number
  indexSeconds: number
  queryMs: number
}

/** Pages indexed at the same time: enough that the model always has a batch. */
const concurrentPages = 8

export async function evaluate(
  set: RetrievalSet,
  offTopic: string[],
  ports: { db: Db; embeddings: EmbeddingModel },
): Promise<RetrievalScores> {
  const { workspaceId, botId, documentOf, seconds } = await indexSet(set, ports)
  const { low } = await calibrate(ports, workspaceId, botId)
  const ask = (question: string) => search({ ...ports, log }, workspaceId, botId, { question, history: [] })

  let [ndcg, recall, answered] = [0, 0, 0]
  const start = performance.now()
  for (const { id, text } of set.queries) {
    const { passages, verdict } = await ask(text)
    const found = [...new Set(passages.map(({ pageId }) => documentOf.get(pageId) ?? ''))]
    const relevant = set.relevant.get(id) ?? new Map<string, number>()
    ndcg += ndcgAt(10, found, relevant)
    recall += found.slice(0, 5).filter((document) => relevant.has(document)).length / Math.min(5, relevant.size)
    if (verdict !== 'unknown') answered++
  }
  const queryMs = (performance.now() - start) / set.queries.length

  let refused = 0
  const asksOffTopic = offTopic.length > 0 && !/-(?!en$)[a-z]{2}$/.test(set.name)
  if (asksOffTopic) for (const question of offTopic) if ((await ask(question)).verdict === 'unknown') refused++
  return {
    set: set.name,
    'ndcg@10': ndcg / set.queries.length,
    'recall@5': recall / set.queries.length,
    documents: set.documents.length,
    queries: set.queries.length,
    answered: answered / set.queries.length,
    refused: asksOffTopic ? refused / offTopic.length : null,
    low,
    indexSeconds: seconds,
    queryMs,
  }
}

async function indexSet(set: RetrievalSet, { db, embeddings }: { db: Db; embeddings: EmbeddingModel }) {
  const [workspaceId, botId, sourceId] = [newId<WorkspaceId>(), newId<BotId>(), newId<SourceId>()]
  await db.execute(sql`insert into workspaces (id, name) values (${workspaceId}, ${set.name})`)
  await db.execute(sql`insert into bots (workspace_id, id, name) values (${workspaceId}, ${botId}, ${set.name})`)
  await db.execute(sql`
    insert into sources (workspace_id, bot_id, id, kind) values (${workspaceId}, ${botId}, ${sourceId}, 'text')`)
  const documentOf = new Map<PageId, string>()
  const start = performance.now()
  const waiting = set.documents.values()
  await Promise.all(
    Array.from({ length: concurrentPages }, async () => {
      for (const { id, title, text } of waiting) {
        const pageId = newId<PageId>()
        documentOf.set(pageId, id)
        await db.execute(sql`
          insert into pages (workspace_id, bot_id, source_id, id, url, title)
          values (${workspaceId}, ${botId}, ${sourceId}, ${pageId}, ${id}, ${title})`)
        await indexPage({ db, embeddings }, workspaceId, botId, { pageId, title, language: null }, chunk(text))
      }
    }),
  )
  return { workspaceId, botId, documentOf, seconds: (performance.now() - start) / 1000 }
}

function ndcgAt(count: number, found: string[], relevant: Map<string, number>): number {
  const gain = (score: number, at: number) => score / Math.log2(at + 2)
  const reached = found.slice(0, count).reduce((sum, document, at) => sum + gain(relevant.get(document) ?? 0, at), 0)
  const best = [...relevant.values()].sort((one, other) => other - one).slice(0, count)
  return reached / best.reduce((sum, score, at) => sum + gain(score, at), 0)
}

/** Answered and refused over all English sets, each question counting once. */
function pooled(scores: RetrievalScores[]) {
  const english = scores.filter(({ refused }) => refused !== null)
  const queries = english.reduce((sum, one) => sum + one.queries, 0)
  return {
    set: 'English sets pooled',
    answered: english.reduce((sum, one) => sum + one.answered * one.queries, 0) / queries,
    refused: english.reduce((sum, one) => sum + (one.refused ?? 0), 0) / english.length,
  }
}

const rounded = <T extends object>(row: T) =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? Number(value.toFixed(4)) : value]),
  )

if (import.meta.main) {
  const [dir, ...options] = process.argv.slice(2)
  if (!dir) throw new Error('usage: node bench/eval-retrieval.ts DIR [--json]')
  const dataDir = mkdtempSync(join(tmpdir(), 'mevichat-eval-'))
  await using database = await openDb({ databaseUrl: null, dataDir, log })
  await migrateDb(database)
  await using embeddings = await openMiniLm()
  const offTopic = offTopicQuestions(dir)
  const scores: RetrievalScores[] = []
  for (const folder of setFolders(dir)) {
    const score = await evaluate(readSet(folder), offTopic, { db: database.db, embeddings })
    scores.push(score)
    console.table([rounded(score)])
  }
  const rows = [...scores, ...(scores.some(({ refused }) => refused !== null) ? [pooled(scores)] : [])].map(rounded)
  console.table(rows)
  if (options.includes('--json')) for (const row of rows) console.log(JSON.stringify(row))
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))
}

/** How high a score comes about by chance in a bot's index: below that, nothing there answers the question. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import { allTerms, questionTerms } from './bm25.ts'
import { findIndex, findPostings, isSpaceOf } from './candidates.ts'
import { lockIndex, saveIndex } from './index-store.ts'
import { offTopicQuestions } from './off-topic-questions.ts'
import { rank } from './ranking.ts'
import { hasLeftovers, rebuildPostings } from './rebuild.ts'
import { preparationOf } from './windows.ts'

/** Of a bot that was never calibrated; `lexical` where words alone are compared. */
export const defaultLow = { fused: 0.55, lexical: 0.35 }

/** A small index scores nothing for most questions; below this an answer would be a guess all the same. */
const leastLow = { fused: 0.35, lexical: 0.2 }

/** Of the off-topic questions so many fall below the threshold. */
const refusedShare = 0.95

/** The off-topic questions' vectors by space: they are the same for every bot. */
const vectorsBySpace = new Map<string, Promise<Float32Array[]>>()

/** Stores and returns the score below which a question is unanswerable. */
export async function calibrateBot(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  workspaceId: WorkspaceId,
  botId: BotId,
): Promise<number> {
  await clearLeftovers(db, workspaceId, botId)
  const index = await findIndex(db, workspaceId, botId)
  if (!index) return defaultLow.fused
  const vectors = isSpaceOf(index, embeddings) ? await offTopicVectors(embeddings) : null

  const best: { fused: number; lexical: number }[] = []
  for (const [at, question] of offTopicQuestions.entries()) {
    const terms = questionTerms(question)
    const rows = await findPostings(db, workspaceId, botId, allTerms(terms))
    const vector = vectors?.[at] ?? null
    const ranked = await rank(db, workspaceId, botId, index, rows, { terms, vector }, embeddings.isMultilingual)
    best.push({ fused: ranked[0]?.score ?? 0, lexical: Math.max(0, ...ranked.map((one) => one.lexical)) })
  }
  const lowLexical = Math.max(leastLow.lexical, quantile(best.map((one) => one.lexical)))
  const lowFused = vectors ? Math.max(leastLow.fused, quantile(best.map((one) => one.fused))) : index.lowFused
  await db.execute(sql`
    update bot_indexes set low_fused = ${lowFused}, low_lexical = ${lowLexical}
    where workspace_id = ${workspaceId} and bot_id = ${botId}`)
  return lowFused ?? defaultLow.fused
}

async function clearLeftovers(db: Db, workspaceId: WorkspaceId, botId: BotId): Promise<void> {
  await db.transaction(async (tx) => {
    const index = await lockIndex(tx, workspaceId, botId)
    if (!(await hasLeftovers(tx, workspaceId, botId, index))) return
    await rebuildPostings(tx, workspaceId, botId, index)
    await saveIndex(tx, workspaceId, botId, index)
  })
}

function offTopicVectors(embeddings: EmbeddingModel): Promise<Float32Array[]> {
  const key = JSON.stringify([embeddings.space, preparationOf(embeddings)])
  let vectors = vectorsBySpace.get(key)
  if (!vectors) {
    vectors = embeddings.embed([...offTopicQuestions], 'query')
    vectorsBySpace.set(key, vectors)
    // A failure is not kept: the next calibration asks again.
    vectors.catch(() => vectorsBySpace.delete(key))
  }
  return vectors
}

function quantile(scores: number[]): number {
  const sorted = scores.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * refusedShare))] ?? 0
}

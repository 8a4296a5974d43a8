/** How high a score comes about by chance in a bot's index: below that, nothing there answers the question. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import { allTerms, questionTerms } from './bm25.ts'
import { findIndex, isEmpty, isSpaceOf } from './candidates.ts'
import { fuse } from './fusion.ts'
import { deleteOtherSpaces, lockIndex, saveIndex } from './index-store.ts'
import { settleSpace } from './indexing.ts'
import { offTopicQuestions } from './off-topic-questions.ts'
import { rank } from './ranking.ts'
import { hasLeftovers, rebuildPostings } from './rebuild.ts'
import { spaceIdOf } from './spaces.ts'

/** Of a bot that was never calibrated; `lexical` where words alone are compared. */
export const defaultLow = { fused: 0.5, lexical: 0.25 }

/** A small index scores nothing for most questions; below this an answer would be a guess all the same. */
const leastLow = { fused: 0.35, lexical: 0.2 }

/** Of the off-topic questions so many fall below the threshold, by a margin: visitors ask more, and more akin, than these. */
const refusedShare = 0.95
const margin = 0.04

/** The off-topic questions' vectors by model: a server that one workspace named says nothing for the bots of another. */
const vectorsByModel = new WeakMap<EmbeddingModel, Promise<Float32Array[]>>()

/** Stores and returns the score below which a question is unanswerable. */
export async function calibrateBot(
  { db, embeddings }: { db: Db; embeddings: EmbeddingModel },
  workspaceId: WorkspaceId,
  botId: BotId,
): Promise<number> {
  const spaceId = await spaceIdOf(db, embeddings)
  await clearLeftovers(db, workspaceId, botId, spaceId)
  const vectors = await offTopicVectors(embeddings)
  const best: { fused: number | null; lexical: number }[] = []
  for (const [at, question] of offTopicQuestions.entries()) {
    const terms = questionTerms(question)
    const found = await findIndex(db, workspaceId, botId, allTerms(terms))
    if (!found || isEmpty(found.index)) return defaultLow.fused
    const { index, postings } = found
    const vector = isSpaceOf(index, embeddings) ? (vectors[at] ?? null) : null
    const { ranked } = await rank(db, workspaceId, botId, index, postings, { terms, vector }, embeddings.isMultilingual)
    best.push({
      fused: vector && (ranked[0]?.score ?? 0),
      lexical: Math.max(
        0,
        ...ranked.map(({ lexical, analysis }) => fuse({ cosine: 0, lexical }, analysis, embeddings.isMultilingual)),
      ),
    })
  }
  const fused = best.map((one) => one.fused).filter((score) => score !== null)
  const lowLexical = Math.max(leastLow.lexical, chanceScore(best.map((one) => one.lexical)))
  // While the bot changes to another model's space there is nothing to compare: what held before stays.
  const lowFused = fused.length === best.length ? Math.max(leastLow.fused, chanceScore(fused)) : null
  const { rows } = await db.execute<{ low: number | null }>(sql`
    update bot_indexes set low_fused = case when space_id = ${spaceId} then coalesce(${lowFused}, low_fused) else low_fused end,
      low_lexical = ${lowLexical}
    where workspace_id = ${workspaceId} and bot_id = ${botId} returning low_fused as low`)
  return rows[0]?.low ?? defaultLow.fused
}

/** What deleted pages left, and, once the bot is wholly in this space, what a change of model that was called off left. */
async function clearLeftovers(db: Db, workspaceId: WorkspaceId, botId: BotId, spaceId: number): Promise<void> {
  await db.transaction(async (tx) => {
    const index = await lockIndex(tx, workspaceId, botId)
    if (await hasLeftovers(tx, workspaceId, botId, index)) await rebuildPostings(tx, workspaceId, botId, index)
    if (index.spaceId !== null) await settleSpace(tx, workspaceId, botId, index, spaceId)
    if (index.spaceId === spaceId) await deleteOtherSpaces(tx, workspaceId, botId, spaceId)
    await saveIndex(tx, workspaceId, botId, index)
  })
}

function offTopicVectors(embeddings: EmbeddingModel): Promise<Float32Array[]> {
  let vectors = vectorsByModel.get(embeddings)
  if (!vectors) {
    vectors = embeddings.embed([...offTopicQuestions], 'query')
    vectorsByModel.set(embeddings, vectors)
    // A failure is not kept: the next calibration asks again.
    vectors.catch(() => vectorsByModel.delete(embeddings))
  }
  return vectors
}

function chanceScore(scores: number[]): number {
  const sorted = scores.toSorted((one, other) => one - other)
  return (sorted[Math.floor(sorted.length * refusedShare)] ?? 0) + margin
}

/** Ingest owns the way of a source into the index: find its pages, fetch, extract the main content, cut, embed, swap. */
import type pg from 'pg'
import { embeddingChoiceOf, reindexBot } from '../bots/bots.ts'
import {
  calibrate,
  indexPage,
  keepVectorIndex,
  listBotsOfOtherModels,
  listChosenModels,
} from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { enqueue, type JobHandler } from '../platform/jobs/jobs.ts'
import { pagesWithText } from '../sources/pages.ts'
import { giveUpSync } from '../sources/slices.ts'
import { type BotJob, type IngestSource, isReading, keepBotVectorIndex } from '../sources/sources.ts'
import { passagesOf } from './passages.ts'
import { embeddingsOf, type IngestPorts } from './ports.ts'
import { readSlice } from './slice.ts'

export type { IngestPorts } from './ports.ts'

/**
 * Brings a source's sync on by a slice. The old version of each page answers until the new one is whole. Any part may be done
 * again: a try after a crash finds what is unchanged and puts each passage in place once. What is wrong with a page ends in
 * a reason on that page, and the others go on.
 */
export function sourceIngestion(ports: IngestPorts): JobHandler<IngestSource> {
  return {
    run: (job, signal) => readSlice(ports, job, signal),
    giveUp: (job) => giveUpSync(ports, job),
  }
}

/** Learns anew what the bot cannot answer, once nothing more is about to be read. */
export function botCalibration({ db, botModels }: Pick<IngestPorts, 'db' | 'botModels'>): JobHandler<BotJob> {
  return {
    async run({ workspaceId, botId }) {
      if (await isReading({ db }, workspaceId, botId)) return
      const embeddings = await embeddingsOf({ db, botModels }, { workspaceId, botId })
      await calibrate({ db, embeddings }, workspaceId, botId)
      await enqueue(db, keepBotVectorIndex, { workspaceId, botId } satisfies BotJob)
    },
    // The thresholds stay as they were.
    giveUp: async () => {},
  }
}

/** Gives a bot that has grown large a vector index of its own, or takes it away again. */
export function vectorIndexKeeping(ports: { db: Db; pool: pg.Pool; isEmbedded: boolean }): JobHandler<BotJob> {
  return {
    async run({ workspaceId, botId }) {
      if (!ports.isEmbedded) await keepVectorIndex(ports, workspaceId, botId)
    },
    // Its search stays exact.
    giveUp: async () => {},
  }
}

/** Makes a bot's vectors anew, from the text that was read, after the embedding model has changed. */
export function botReindexing({
  db,
  botModels,
  reader,
  log,
}: Pick<IngestPorts, 'db' | 'botModels' | 'reader' | 'log'>): JobHandler<BotJob> {
  return {
    async run({ workspaceId, botId }, signal) {
      const choice = await embeddingChoiceOf({ db }, workspaceId, botId)
      const embeddings = await botModels.embedding(workspaceId, choice)
      for await (const { id, kind, title, language, markdown } of pagesWithText({ db }, workspaceId, botId)) {
        signal.throwIfAborted()
        const passages = await passagesOf(reader, kind, markdown)
        const page = { pageId: id, title, language, isPair: kind === 'qa' }
        await indexPage({ db, embeddings }, workspaceId, botId, page, passages)
      }
      await calibrate({ db, embeddings }, workspaceId, botId)
      const behind = await listBotsOfOtherModels({ db, embeddings }, choice.embeddingModel)
      if (behind.some((bot) => bot.botId === botId)) throw new Error('a page was read with the old model meanwhile')
      await enqueue(db, keepBotVectorIndex, { workspaceId, botId } satisfies BotJob)
    },
    // The next start tries again.
    giveUp: async ({ workspaceId, botId }) =>
      log.error({ workspaceId, botId }, 'the bot cannot change its embedding model: the old vectors go on answering'),
  }
}

/** Enqueues `reindex-bot` for each bot whose vectors are of another model than it now has. */
export async function reindexAfterChange({
  db,
  models,
  log,
}: Pick<IngestPorts, 'db' | 'models' | 'log'>): Promise<void> {
  for (const chosen of await listChosenModels({ db })) {
    const embeddings = await models.embeddingModel(chosen).catch((err: unknown) => {
      log.warn({ err, model: chosen }, 'an embedding model cannot be opened: its bots keep the vectors that they have')
      return null
    })
    if (!embeddings) continue
    for (const bot of await listBotsOfOtherModels({ db, embeddings }, chosen)) await enqueue(db, reindexBot, bot)
  }
}

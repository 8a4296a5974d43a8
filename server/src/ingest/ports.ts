/** The powers that ingestion needs. */
import { embeddingChoiceOf } from '../bots/bots.ts'
import type { BotModels } from '../credentials/credentials.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db/db.ts'
import type { Log } from '../platform/log.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import type { Models } from '../platform/models/registry.ts'
import type { Egress } from '../platform/safe-fetch.ts'
import type { BotJob } from '../sources/sources.ts'
import type { SourceFile } from '../sources/tables.ts'
import type { Document } from './document.ts'
import type { Reader } from './reader.ts'
import type { RobotsCache } from './robots-files.ts'

export interface IngestPorts {
  db: Db
  models: Pick<Models, 'embeddingModel'>
  botModels: Pick<BotModels, 'embedding'>
  egress: Egress
  reader: Reader
  clock: Clock
  log: Log
  /** Of the syncs that this process works on. */
  robotsCache: RobotsCache
  /** An uploaded file as a document. Throws ReadProblem when it is gone. */
  readFile(bot: BotJob, file: SourceFile): Promise<Document>
}

/** The embedding model that the bot has now. Throws ModelError. */
export async function embeddingsOf(
  { db, botModels }: Pick<IngestPorts, 'db' | 'botModels'>,
  { workspaceId, botId }: BotJob,
): Promise<EmbeddingModel> {
  return botModels.embedding(workspaceId, await embeddingChoiceOf({ db }, workspaceId, botId))
}

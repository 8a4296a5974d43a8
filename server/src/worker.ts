/** Which handler runs which kind of job, and what a worker does by the clock. */
import { reindexBot, removeUnusedAvatars } from './bots/bots.ts'
import { closeAbandoned } from './conversations/conversations.ts'
import { eraseReturned } from './conversations/erasure.ts'
import { deleteExpired } from './conversations/retention.ts'
import { credentialResealing, resealAfterRotation, resealCredentials } from './credentials/credentials.ts'
import { forgetEnded } from './identity/sign-in.ts'
import { rotateSigningKeys } from './identity/signing-keys.ts'
import {
  botCalibration,
  botReindexing,
  reindexAfterChange,
  sourceIngestion,
  vectorIndexKeeping,
} from './ingest/ingest.ts'
import { openReader } from './ingest/reader.ts'
import { uploadedFiles } from './ingest/uploaded-files.ts'
import { dropVectorIndexes } from './knowledge/knowledge.ts'
import { startJobs } from './platform/jobs/jobs.ts'
import { deliverMail, forgetOldMail, mailDelivery } from './platform/mail/mail.ts'
import { openEgress } from './platform/safe-fetch.ts'
import type { Ports } from './ports.ts'
import { releaseExpired } from './quota/quota.ts'
import { dropFilesOf, dropFilesOfDeleted, sweepFiles } from './sources/files.ts'
import { calibrateBot, ingestSource, keepBotVectorIndex, removeSourcesOfDeletedBots } from './sources/sources.ts'
import { startDueSyncs } from './sources/syncs.ts'
import { endWorkspaces, purgeWorkspaces } from './workspaces/lifecycle.ts'

export type WorkerPorts = Pick<
  Ports,
  | 'db'
  | 'pool'
  | 'isEmbedded'
  | 'models'
  | 'botModels'
  | 'seal'
  | 'clock'
  | 'log'
  | 'egressAllow'
  | 'smtp'
  | 'publicUrl'
  | 'dataDir'
>

/** Runs jobs until it is disposed: what is under way is then ended and tried again by the next worker. */
export async function startWorker(ports: WorkerPorts): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const reader = opened.use(openReader())
  const { db, models, botModels, clock, log } = ports
  const ingestPorts = {
    db,
    models,
    botModels,
    clock,
    log,
    egress: openEgress(ports),
    reader,
    robotsCache: new Map(),
    readFile: uploadedFiles(ports),
  }
  opened.use(
    await startJobs(ports, {
      [ingestSource]: sourceIngestion(ingestPorts),
      [calibrateBot]: botCalibration(ingestPorts),
      [reindexBot]: botReindexing(ingestPorts),
      [keepBotVectorIndex]: vectorIndexKeeping(ports),
      [endWorkspaces]: { run: () => endDeleted(ports), giveUp: async () => {} },
      [deliverMail]: mailDelivery(ports),
      [resealCredentials]: credentialResealing(ports),
    }),
  )
  await resealAfterRotation(ports)
  opened.use(keepUp(ports))
  return opened.move()
}

/** What deleted workspaces had goes from the database, from the disk, and from the vector indexes. */
export async function endDeleted(ports: Pick<WorkerPorts, 'db' | 'pool' | 'dataDir'>): Promise<void> {
  for (const id of await purgeWorkspaces(ports)) await dropFilesOf(ports, id)
  await dropVectorIndexes(ports)
}

const upkeepMs = 30_000
/** Every half an hour: PGlite has no autovacuum, and what deleted bots leave behind goes. */
const tidyEvery = 60

function keepUp({ db, dataDir, pool, isEmbedded, models, seal, clock, log }: WorkerPorts): AsyncDisposable {
  const stopping = new AbortController()
  async function run() {
    for (let round = 1; ; round++) {
      await clock.sleep(upkeepMs, stopping.signal)
      try {
        await releaseExpired({ db }, null)
        await closeAbandoned({ db }, 'expired')
        await startDueSyncs({ db })
        await removeSourcesOfDeletedBots({ db })
        await dropFilesOfDeleted({ db, dataDir })
        if (round === 1) await reindexAfterChange({ db, models, log })
        if (round === 1 || round % tidyEvery === 0) {
          await eraseReturned({ db })
          await deleteExpired({ db })
        }
        if (round % tidyEvery !== 0) continue
        await forgetOldMail({ db })
        await forgetEnded({ db })
        await rotateSigningKeys({ db, seal })
        await removeUnusedAvatars({ db })
        await sweepFiles({ db, dataDir })
        if (isEmbedded) await pool.query('vacuum analyze')
        else await dropVectorIndexes({ db, pool })
      } catch (error) {
        log.warn({ err: error }, 'upkeep')
      }
    }
  }
  const running = run().catch(() => {})
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

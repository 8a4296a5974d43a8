/** A worker that ingests, as a process of its own: it is killed while it embeds. `node ingest-process.ts DATABASE_URL|- DATA_DIR` */
import { openDb } from '../src/platform/db/db.ts'
import { silentLog } from '../src/platform/log.ts'
import { startIngesting, wordEmbeddings } from './ingesting.ts'

const [databaseUrl = '-', dataDir = ''] = process.argv.slice(2)
const database = await openDb({ databaseUrl: databaseUrl === '-' ? null : databaseUrl, dataDir, log: silentLog })
await startIngesting(database, {
  embeddings: {
    ...wordEmbeddings,
    async embed() {
      process.send?.('embedding')
      return await new Promise<never>(() => setInterval(() => {}, 1_000))
    },
  },
})

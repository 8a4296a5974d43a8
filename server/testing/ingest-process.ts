/**
 * A worker that ingests, as a process of its own: it is killed while it embeds, after so many pages.
 * `node ingest-process.ts DATABASE_URL|- DATA_DIR PAGES`
 */
import { openDb } from '../src/platform/db/db.ts'
import { silentLog } from '../src/platform/log.ts'
import { startIngesting, wordEmbeddings } from './ingesting.ts'

const [databaseUrl = '-', dataDir = '', pages = '0'] = process.argv.slice(2)
let embedded = 0
const database = await openDb({ databaseUrl: databaseUrl === '-' ? null : databaseUrl, dataDir, log: silentLog })
await startIngesting(database, {
  embeddings: {
    ...wordEmbeddings,
    async embed(texts, kind) {
      if (embedded++ < Number(pages)) return wordEmbeddings.embed(texts, kind)
      process.send?.('embedding')
      return await new Promise<never>(() => setInterval(() => {}, 1_000))
    },
  },
})

/** The worker thread in which PGlite lives. */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { takeTurnsByQuery } from './pglite-turns.ts'

const { dataDir, socketPath } = workerData as { dataDir: string; socketPath: string }

const db = await PGlite.create({
  dataDir,
  extensions: { vector },
  // By default the write-ahead log grows to 1.2 GB.
  postgresqlconf: ['max_wal_size=128MB', 'min_wal_size=32MB', 'shared_buffers=32MB'],
})
takeTurnsByQuery(db)
const server = new PGLiteSocketServer({ db, path: socketPath, maxConnections: 32 })
await server.start()

parentPort?.once('message', async () => {
  await server.stop()
  await db.close()
  process.exit(0)
})
parentPort?.postMessage('ready')

/** Health for whoever supervises: alive asks nothing, ready asks the database. The models are not part of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import type { Db } from './platform/db/db.ts'
import { isMigrated } from './platform/db/migrate.ts'
import { addEndpoint, type HttpApp } from './platform/http/app.ts'
import { openEventStream } from './platform/http/sse.ts'
import type { Log } from './platform/log.ts'

export interface HealthPorts {
  db: Db
  log: Log
}

const cacheMs = 1_000
/** How long the stream of the probe takes, and in how many pieces. */
const probe = { pieces: 3, everyMs: 375 }

export function addHealthRoutes(app: HttpApp, ports: HealthPorts, isDraining: () => boolean): void {
  let checkedAt = Number.NEGATIVE_INFINITY
  let problem: Promise<string | null> = Promise.resolve(null)

  function check(): Promise<string | null> {
    if (performance.now() - checkedAt > cacheMs) {
      checkedAt = performance.now()
      problem = isMigrated(ports.db).then(
        (isDone) => (isDone ? null : 'migrations_missing'),
        () => 'database_unreachable',
      )
    }
    return problem
  }

  addEndpoint(app, ports, {
    path: '/health/live',
    methods: { GET: async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }) },
  })
  addEndpoint(app, ports, {
    path: '/health/ready',
    methods: {
      async GET(_request, reply) {
        const reason = isDraining() ? 'draining' : await check()
        reply.header('cache-control', 'no-store')
        return reason ? reply.code(503).send({ status: 'not_ready', reason }) : reply.send({ status: 'ready' })
      },
    },
  })
  // Whoever reads it sees whether a proxy between holds streams back.
  addEndpoint(app, ports, {
    path: '/health/stream',
    methods: {
      async GET(_request, reply) {
        reply.hijack()
        const stream = openEventStream(reply.raw, { 'x-content-type-options': 'nosniff' })
        for (let piece = 1; piece <= probe.pieces; piece++) {
          if (piece > 1) await sleep(probe.everyMs)
          stream.write(encodeEvent(piece, 'piece', { piece }))
        }
        stream.end()
        return reply
      },
    },
  })
}

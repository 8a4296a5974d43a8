/** Memory of an open stream: 1,000 answers that are being written slowly. */
import { randomUUID } from 'node:crypto'
import { makeHandbook } from './corpus.ts'
import { ask, run } from './load.ts'
import { rssBytes } from './measure.ts'
import { startProgram } from './processes.ts'
import { report } from './results.ts'
import { hasPostgres, startProduct } from './servers.ts'

const streams = 1_000

export async function benchHold(): Promise<void> {
  const handbook = makeHandbook(1_000)
  await using model = await startProgram('server/testing/model-server-main.ts', ['{"tokens":64}'])
  await using product = await startProduct(
    { database: hasPostgres() ? 'PostgreSQL' : 'PGlite', embeddings: 'API' },
    model.url,
    handbook,
  )
  const one = (n: number) =>
    ask(
      product.chatUrl,
      JSON.stringify({ public_key: product.bot.publicKey, session_id: randomUUID(), message: handbook.questionFor(n) }),
      /event: token/,
    )
  await run(400, 50, one)
  await fetch(`${model.url}/control`, { method: 'PUT', body: JSON.stringify({ paceMs: 400 }) })
  const before = rssBytes(product.server.pid)
  const held = run(streams, streams, one, 10)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, rssBytes(product.server.pid))
  }, 250)
  await held
  clearInterval(watch)
  report('hold', [
    { bench: 'hold', case: 'server before', value: before / 2 ** 20, unit: 'MiB', ratio: null },
    {
      bench: 'hold',
      case: `${streams} open streams, each`,
      value: (most - before) / streams / 1024,
      unit: 'KiB',
      ratio: null,
    },
  ])
}

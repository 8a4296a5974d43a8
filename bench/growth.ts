/** Server CPU a reply with 100,000 messages stored, beside the same with none. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { OpenDb } from '../server/src/platform/db/db.ts'
import { makeHandbook } from './corpus.ts'
import type { HandbookBot } from './handbook-bot.ts'
import { ask, run } from './load.ts'
import { startProgram } from './processes.ts'
import { type Row, report } from './results.ts'
import { hasPostgres, startProduct } from './servers.ts'

/** A turn is two messages. */
const storedTurns = 50_000
const turnsPerSession = 10

export async function benchGrowth(): Promise<void> {
  const handbook = makeHandbook(1_000)
  await using model = await startProgram('server/testing/model-server-main.ts', ['{"tokens":64}'])
  const rows: Row[] = []
  const database = hasPostgres() ? 'PostgreSQL' : 'PGlite'
  let empty = Number.NaN
  for (const turns of [0, storedTurns]) {
    await using product = await startProduct({ database, embeddings: 'API' }, model.url, handbook, (open, bot) =>
      store(open, bot, turns),
    )
    const one = (n: number) =>
      ask(
        product.chatUrl,
        JSON.stringify({
          public_key: product.bot.publicKey,
          session_id: randomUUID(),
          message: handbook.questionFor(n * 7),
        }),
        /event: token/,
      )
    await run(100, 8, one)
    const before = product.cpuMs()
    await run(600, 8, one)
    const value = (product.cpuMs() - before) / 600
    if (turns === 0) empty = value
    rows.push({
      bench: 'growth',
      case: `${database}, ${turns * 2} messages stored, burst`,
      value,
      unit: 'ms CPU',
      ratio: value / empty,
    })
  }
  report('growth', rows)
}

async function store({ db }: OpenDb, { workspaceId, botId }: HandbookBot, turns: number): Promise<void> {
  if (turns === 0) return
  await db.execute(sql`
    insert into sessions (workspace_id, bot_id, session_id)
    select ${workspaceId}, ${botId}, md5(n::text)::uuid from generate_series(1, ${turns / turnsPerSession}::int) n`)
  await db.execute(sql`
    insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, ended_at, lease_until)
    select ${workspaceId}, ${botId}, md5((1 + n % ${turns / turnsPerSession}::int)::text)::uuid, nextval('turns_question_id_seq'),
      'What about ' || n, repeat('words of an answer ', 20), 'stop', now(), now()
    from generate_series(1, ${turns}::int) n`)
}

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { saveBot } from '../bots/bots.ts'
import type { NewTurn, TurnOutcome } from '../conversations/conversations.ts'
import { Reading } from '../knowledge/knowledge.ts'
import { usage } from '../quota/quota.ts'
import { saveWorkspace } from '../workspaces/workspaces.ts'
import { closeTurn, openTurn } from './store.ts'

const question: NewTurn = {
  question: 'When do you open?',
  visitorId: null,
  visitorMetadata: null,
  keyId: null,
  userId: null,
  idempotencyKey: null,
}
const failed: TurnOutcome = {
  answer: '',
  tokenEnds: [],
  finishReason: 'error',
  citations: null,
  trace: null,
  error: { code: 'llm_unavailable', message: 'Away.' },
}

/** The embedded database has one backend, in which nobody waits for anybody. */
describe.each(lanes.filter(({ name }) => name === 'PostgreSQL'))('turns that end together on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  it.each([
    ['one that counts', true],
    ['one that does not', false],
  ])('%s ends while another of its workspace waits for its row', async (_, isCounted) => {
    const workspaceId = await saveWorkspace(database, { name: randomUUID(), plan: 'unlimited', isSuspended: false })
    const botId = await saveBot(database, workspaceId, { name: 'Bot' })
    async function open() {
      const ref = { workspaceId, botId, sessionId: randomUUID() }
      const opened = await openTurn(database.db, ref, question, 'unlimited', new Reading(question.question))
      if (!opened?.hold) throw new Error('not opened')
      return { ref, ...opened, hold: opened.hold }
    }
    const [waiting, other] = [await open(), await open()]
    const end = ({ ref, messageId, hold }: typeof waiting, counted: boolean) =>
      closeTurn(database.db, ref, messageId, failed, hold, { isCounted: counted, calls: 1 })
    let waits: Promise<void> | undefined
    // As the statement that keeps what was written so far holds the rows of all turns.
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from turns where id = ${waiting.messageId} for update`)
      waits = end(waiting, false)
      await untilSomebodyWaits(database)
      await end(other, isCounted)
    })
    await waits
    expect(await usage(database, workspaceId)).toEqual({ used: isCounted ? 1 : 0, reserved: 0 })
  })
})

async function untilSomebodyWaits({ db }: TestDatabase): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const { rows } = await db.execute(sql`
      select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
    if (rows.length > 0) return
  }
  throw new Error('nobody waits')
}

import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../server/src/platform/db/db.ts'
import { usage } from '../../server/src/quota/quota.ts'
import { lanes } from '../../server/testing/database.ts'
import { textOf } from '../../server/testing/http.ts'
import { type Asked, ask, askMany, get, newTenant, openRig, ownerToken, type Rig, type Tenant, until } from './rig.ts'

interface StoredTurn extends Record<string, unknown> {
  sessionId: string
  question: string
  answer: string
  end: string | null
}

async function turnsOf(db: Db, { workspaceId }: Tenant): Promise<StoredTurn[]> {
  const { rows } = await db.execute<StoredTurn>(sql`
    select session_id as "sessionId", question, answer, finish_reason as "end" from turns
    where workspace_id = ${workspaceId} order by id`)
  return rows
}

/** Instead of waiting for as long as they last. */
async function endLeases(db: Db): Promise<void> {
  await db.execute(sql`update turns set lease_until = now() - interval '2 minutes' where ended_at is null`)
  await db.execute(sql`update holds set expires_at = now() - interval '1 second'`)
}

describe.each(lanes)('a server that is killed, on $name', { timeout: 180_000 }, (lane) => {
  let rig: Rig
  beforeAll(async () => {
    rig = await openRig(lane)
  })
  afterAll(() => rig[Symbol.asyncDispose]())

  it('leaves 50 streams as cut answers with what was written, gives their places back and counts nothing twice', async () => {
    const first = await rig.start()
    const firstDb = first.openDb()
    const tenant = await newTenant(firstDb.db)
    const tokens = await Promise.all([ownerToken(rig, firstDb.db, tenant), ownerToken(rig, firstDb.db, tenant)])
    rig.models.settings = { ...rig.models.settings, tokens: 3, paceMs: 0 }
    await (await ask(first, tenant)).stream.until('done')

    rig.models.settings = { ...rig.models.settings, tokens: 2_000, paceMs: 100 }
    const asked = await askMany(50, first, tenant)
    const written = ({ stream }: Asked) => stream.events.filter(({ event }) => event === 'token').length
    await until(
      'every stream has run for a while',
      () => Math.min(...asked.map(written)),
      (least) => least >= 50,
    )
    first.kill('SIGKILL')
    await Promise.all([first.exited, ...asked.map(({ stream }) => stream.ended)])
    await firstDb[Symbol.asyncDispose]()

    const second = await rig.start('all')
    expect((await get(second, '/health/ready')).status).toBe(200)
    await using secondDb = second.openDb()
    const { db } = secondDb
    if (lane.name === 'PostgreSQL') {
      expect(await usage({ db }, tenant.workspaceId)).toEqual({ used: 1, reserved: 50 })
      await endLeases(db)
    }

    const [one] = asked
    if (!one) throw new Error('nothing was asked')
    rig.models.settings = { ...rig.models.settings, tokens: 3, paceMs: 0 }
    const { stream } = await ask(second, tenant, { sessionId: one.sessionId })
    expect((await stream.until('done')).data).toEqual({ finish_reason: 'stop' })

    await until(
      'places',
      () => usage({ db }, tenant.workspaceId),
      ({ reserved }) => reserved === 0,
    )
    const stored = await until(
      'turns',
      () => turnsOf(db, tenant),
      (turns) => turns.every(({ end }) => end !== null),
    )
    expect(await usage({ db }, tenant.workspaceId)).toEqual({ used: 2, reserved: 0 })
    expect(stored.map(({ end }) => end).sort()).toEqual([...Array(50).fill('incomplete'), 'stop', 'stop'])
    for (const [at, { sessionId, stream }] of asked.entries()) {
      const turn = stored.find((one) => one.sessionId === sessionId)
      const seen = textOf(stream.events)
      expect(seen.startsWith(turn?.answer ?? '')).toBe(true)
      // The last second or two may be lost; ten words are written in one.
      expect((turn?.answer ?? '').split(' ').length).toBeGreaterThan(written({ sessionId, stream }) - 40)
      const path = `/api/conversations/${sessionId}/export.json`
      const transcript = await get(second, path, { authorization: `Bearer ${tokens[at % 2]}` })
      expect(transcript.json).toMatchObject({
        messages: [
          { role: 'user', content: 'What is your refund policy?' },
          { role: 'assistant', content: turn?.answer, finish_reason: 'error' },
          ...(at === 0 ? [{ role: 'user' }, { role: 'assistant', finish_reason: 'stop' }] : []),
        ],
      })
    }
  })

  interface KillPoint {
    when: string
    model: Partial<Rig['models']['settings']>
    chatModel?: string
    /** Whether the answer was stored and counted when the process died. */
    isStored: boolean
    reach(db: Db, asked: Promise<Asked>, calls: () => number): Promise<void>
  }

  const killPoints: KillPoint[] = [
    {
      when: 'once its place is reserved and its question stored',
      model: {},
      chatModel: 'openai:mode:slow_first',
      isStored: false,
      reach: async (_db, _asked, calls) => void (await until('a call', calls, (count) => count === 1)),
    },
    {
      when: 'after its first token',
      model: { tokens: 2_000, paceMs: 100 },
      isStored: false,
      reach: async (_db, asked) => void (await (await asked).stream.until('token')),
    },
    {
      when: 'when all is written but not stored',
      model: { reply: 'The whole answer.', paceMs: 1_000 },
      isStored: false,
      async reach(db, asked) {
        const { stream } = await asked
        await stream.until('token')
        // Nobody else can store anything until this transaction ends, which it does not.
        await db.execute(sql`begin`)
        await db.execute(sql`lock table turns in access exclusive mode`)
        await until(
          'the answer',
          () => textOf(stream.events),
          (text) => text === 'The whole answer.',
        )
      },
    },
    {
      when: 'as soon as it is stored',
      model: { reply: 'The whole answer.', paceMs: 0 },
      isStored: true,
      async reach(db) {
        const stored = () => db.execute(sql`select 1 from turns where finish_reason = 'stop'`)
        await until('it is stored', stored, ({ rows }) => rows.length > 0)
      },
    },
  ]

  it.each(killPoints)('gives one reply to a retry with the same Idempotency-Key when it dies $when', async (point) => {
    await using own = await openRig(lane)
    own.models.settings = { ...own.models.settings, ...point.model }
    const first = await own.start(undefined, { MEVICHAT_CHAT_MODEL: point.chatModel ?? 'openai:test-model' })
    const firstDb = first.openDb()
    const tenant = await newTenant(firstDb.db)
    const same = { sessionId: randomUUID(), headers: { 'idempotency-key': 'retry-1' } }
    const asked = ask(first, tenant, same)
    asked.catch(() => {})
    await point.reach(firstDb.db, asked, () => own.models.chatCalls().length)
    first.kill('SIGKILL')
    await first.exited
    await firstDb[Symbol.asyncDispose]()

    own.models.settings = { ...own.models.settings, reply: 'The whole answer.', paceMs: 0 }
    const second = await own.start()
    await using secondDb = second.openDb()
    if (lane.name === 'PostgreSQL') await endLeases(secondDb.db)
    const retried = await ask(second, tenant, same)
    expect((await retried.stream.until('done')).data).toEqual({ finish_reason: 'stop' })
    expect(textOf(retried.stream.events)).toBe('The whole answer.')
    const { used } = await usage(secondDb, tenant.workspaceId)
    const ends = (await turnsOf(secondDb.db, tenant)).map(({ end }) => end)
    expect({ used, ends, calls: own.models.chatCalls().length }).toEqual({
      used: 1,
      ends: point.isStored ? ['stop'] : ['incomplete', 'stop'],
      calls: point.isStored ? 1 : 2,
    })
  })
})

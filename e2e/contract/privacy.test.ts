import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { eraseReturned, visitorStores } from '../../server/src/conversations/erasure.ts'
import { deleteExpired } from '../../server/src/conversations/retention.ts'
import { startWorker } from '../../server/src/worker.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { eventually } from './eventually.ts'
import {
  bearer,
  expectRefusal,
  get,
  knowing,
  post,
  question,
  refunds,
  replying,
  turn,
  turnsOf,
  usageOf,
  useApp,
} from './scene.ts'
import { skippableClock } from './skippable-clock.ts'

const slow = () => replying('stall_mid', { faultAfter: 1, reply: 'One two.' })

describe.each(lanes)('privacy on $name', (lane) => {
  const app = useApp(lane)
  const db = () => app().ports.db

  async function erase({ workspaceId }: Tenant, visitorId: unknown, role: 'editor' | 'admin' = 'admin') {
    const { token } = await app().member(workspaceId, role)
    const body = { visitor_id: visitorId }
    return post(app(), `/api/workspaces/${workspaceId}/visitors/erase/`, body, { headers: bearer(token) })
  }
  const wasErased = (conversations: number, messages: number) => ({ status: 200, json: { conversations, messages } })

  /** Tables in which the text stands, of every schema, and files beside the database's own. */
  async function findEverywhere(text: string): Promise<string[]> {
    const tables = await db().execute<{ name: string }>(sql`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
    const found: string[] = []
    for (const { name } of tables.rows) {
      const { rows } = await db().execute(
        sql`select 1 from ${sql.raw(name)} t where strpos(lower(t::text), ${text.toLowerCase()}) > 0 limit 1`,
      )
      if (rows.length > 0) found.push(name)
    }
    const { dataDir } = app().database
    for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile() || path.startsWith(join(dataDir, 'pglite'))) continue
      if (readFileSync(path).includes(text)) found.push(path)
    }
    return found
  }

  describe('erasing a visitor', () => {
    it('leaves nothing of them in any table or file, also while they are being answered, and nothing comes back', async () => {
      const canary = `canary${randomBytes(6).toString('hex')}`
      app().models.settings.reply = `${refunds} [1] ${canary}`
      const tenant = await knowing(app())
      const said = (fields: object = {}) => ({
        message: `${question} ${canary}`,
        visitor_id: `id ${canary}`,
        visitor_metadata: { [canary]: canary, plan: [canary] },
        ...fields,
      })
      const body = turn(tenant, said())
      await app().chat(body, { 'idempotency-key': canary })
      await app().chat({ ...body, message: `And what about ${canary}?` })
      const { token } = await app().member(tenant.workspaceId, 'admin')
      const base = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/conversations/`
      for (const file of ['export.csv', 'export.jsonl'])
        await get(app(), `${base}${file}?q=${canary}&visitor_id=id%20${canary}`, { headers: bearer(token) })
      await get(app(), `/api/conversations/${body.session_id}/export.json`, { headers: bearer(token) })

      await db().execute(sql`update bots set chat_model = ${slow().chatModel} where id = ${tenant.botId}`)
      const live = turn(tenant, said())
      const stream = await app().openChat(live)
      await stream.until('token')
      expect((await findEverywhere(canary)).toSorted()).toEqual(['public.sessions', 'public.turns'])

      expect(await erase(tenant, `id ${canary}`)).toMatchObject(wasErased(2, 3))
      await stream.ended
      expect(stream.events.slice(-2)).toMatchObject([
        { event: 'error', data: { code: 'internal_error' } },
        { event: 'done', data: { finish_reason: 'error' } },
      ])
      await app().ports.liveTurns.whenIdle()
      for (const text of [canary, body.session_id, live.session_id]) expect(await findEverywhere(text)).toEqual([])
      expect(await usageOf(app(), tenant)).toMatchObject({ used: 2, reserved: 0 })
      const resumed = await post(app(), '/api/chat/rating/', {
        ...live,
        message_id: stream.events[0]?.data.message_id,
        rating: 1,
      })
      expectRefusal(resumed, 404, 'session_not_found')
    })

    it('ends the answers that another process is writing to them within moments', async () => {
      const tenant = await knowing(app(), { bot: slow() })
      const stream = await app().openChat(turn(tenant, { visitor_id: 'ann' }))
      await stream.until('token')
      const { endSession } = app().ports.liveTurns
      app().ports.liveTurns.endSession = () => {}
      try {
        expect(await erase(tenant, 'ann')).toMatchObject(wasErased(1, 1))
      } finally {
        app().ports.liveTurns.endSession = endSession
      }
      await stream.ended
      expect(stream.events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'error' } })
      expect(await turnsOf(app(), tenant)).toEqual([])
    })

    it('takes all their conversations with all bots of the workspace, and no other visitor’s or workspace’s', async () => {
      const tenant = await app().tenant()
      const elsewhere = await app().tenant()
      for (const visitor_id of ['ann', 'Ann', 'ann ', undefined]) await app().chat(turn(tenant, { visitor_id }))
      await app().chat(turn(tenant, { visitor_id: 'ann' }))
      await app().chat(turn(elsewhere, { visitor_id: 'ann' }))
      expect(await erase(tenant, 'ann')).toMatchObject(wasErased(2, 2))
      expect(await turnsOf(app(), tenant)).toHaveLength(3)
      expect(await turnsOf(app(), elsewhere)).toHaveLength(1)
      expect(await erase(tenant, 'ann')).toMatchObject(wasErased(0, 0))
      expect(await erase(tenant, 'nobody')).toMatchObject(wasErased(0, 0))
    })

    it('writes down that it was done and by whom, without saying who it was', async () => {
      const tenant = await app().tenant()
      await app().chat(turn(tenant, { visitor_id: 'canary-name' }))
      await erase(tenant, 'canary-name')
      const { rows } = await db().execute(sql`
        select user_id is not null as by, action, target_id, details from audit_events where workspace_id = ${tenant.workspaceId}`)
      expect(rows).toEqual([
        {
          by: true,
          action: 'visitor.erased',
          target_id: expect.stringMatching(/^[0-9a-f]{64}$/),
          details: { conversations: 1, messages: 1 },
        },
      ])
      expect(await findEverywhere('canary-name')).toEqual([])
    })

    it.each([undefined, null, '', '\0', 1, {}, 'x'.repeat(257)])(
      '400 invalid_request for the visitor_id %j',
      async (id) => {
        const answer = await erase(await app().tenant(), id)
        expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }])
      },
    )

    it('a visitor whose id holds SQL or NUL is one like any other', async () => {
      for (const visitor_id of ["'; delete from sessions;--", 'a\0b', '\\', '%']) {
        const tenant = await app().tenant()
        await app().chat(turn(tenant, { visitor_id }))
        await app().chat(turn(tenant, { visitor_id: 'other' }))
        expect(await erase(tenant, visitor_id)).toMatchObject(wasErased(1, 1))
        expect(await turnsOf(app(), tenant)).toHaveLength(1)
      }
    })

    it('403 forbidden for an editor', async () => {
      const tenant = await app().tenant()
      await app().chat(turn(tenant, { visitor_id: 'ann' }))
      expectRefusal(await erase(tenant, 'ann', 'editor'), 403, 'forbidden')
      expect(await turnsOf(app(), tenant)).toHaveLength(1)
    })

    it('every table of the database is one that is erased from, or that is known to hold nothing of visitors', async () => {
      const { rows } = await db().execute<{ name: string }>(sql`
        select table_name as name from information_schema.tables where table_schema = 'public' order by 1`)
      expect(rows.filter(({ name }) => !(name in visitorStores))).toEqual([])
    })
  })

  describe('after a backup was put back', () => {
    it('what was erased is erased again, and what they said since is left', async () => {
      const tenant = await app().tenant()
      const body = turn(tenant, { visitor_id: 'ann' })
      await app().chat(body)
      await app().chat(turn(tenant, { visitor_id: 'bob' }))
      const kept = await db().execute(sql`select * from sessions where session_id = ${body.session_id}`)
      await erase(tenant, 'ann')
      await app().chat(turn(tenant, { visitor_id: 'ann', message: 'I am back' }))
      expect(await eraseReturned({ db: db() })).toBe(0)
      // As a restored dump has it.
      const row = JSON.stringify(kept.rows[0])
      await db().execute(sql`insert into sessions select * from jsonb_populate_record(null::sessions, ${row}::jsonb)`)
      expect(await turnsOf(app(), tenant)).toHaveLength(2)
      expect(await eraseReturned({ db: db() })).toBe(1)
      const { rows } = await db().execute(sql`
        select visitor_id from sessions where workspace_id = ${tenant.workspaceId} order by 1`)
      expect(rows).toEqual([{ visitor_id: 'ann' }, { visitor_id: 'bob' }])
      expect((await turnsOf(app(), tenant)).map(({ question: said }) => said)).toContain('I am back')
    })
  })

  describe('removing a conversation', () => {
    it('ends the answer that is being written in it, and nothing of it comes back', async () => {
      const tenant = await knowing(app(), { bot: slow() })
      const body = turn(tenant)
      const stream = await app().openChat(body)
      await stream.until('token')
      const { token } = await app().member(tenant.workspaceId, 'admin')
      const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/conversations/${body.session_id}/`
      expect((await get(app(), path, { method: 'DELETE', headers: bearer(token) })).status).toBe(204)
      await stream.ended
      expect(stream.events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'error' } })
      await app().ports.liveTurns.whenIdle()
      expect(await turnsOf(app(), tenant)).toEqual([])
      expect(await usageOf(app(), tenant)).toMatchObject({ used: 0, reserved: 0 })
    })

    const onPostgres = lane.name === 'PostgreSQL' ? it : () => {}
    onPostgres('a question that comes in that very moment begins a new one', async () => {
      const tenant = await app().tenant()
      const body = turn(tenant)
      await app().chat(body)
      let asked: ReturnType<ReturnType<typeof app>['chat']> | undefined
      await db().transaction(async (tx) => {
        await tx.execute(sql`delete from sessions where session_id = ${body.session_id}`)
        asked = app().chat({ ...body, message: 'And then?' })
        // The question waits for what becomes of its session.
        await eventually(async () => {
          const { rows } = await db().execute(sql`
            select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
          return rows.length > 0
        })
      })
      expect((await asked)?.events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stop' } })
      expect((await turnsOf(app(), tenant)).map(({ question: said }) => said)).toEqual(['And then?'])
    })
  })

  describe('retention', () => {
    /** A session whose turns were asked so many days ago; an open one has not ended. */
    async function store({ workspaceId, botId }: Tenant, days: number[], isOpen = false): Promise<string> {
      const session = randomUUID()
      const at = (age: number) => sql`now() - make_interval(hours => ${Math.round(age * 24)})`
      await db().execute(sql`
        insert into sessions (workspace_id, bot_id, session_id, created_at, last_turn_at)
        values (${workspaceId}, ${botId}, ${session}, ${at(Math.max(...days))}, ${at(Math.min(...days))})`)
      for (const age of days) {
        await db().execute(sql`
          insert into turns (workspace_id, bot_id, session_id, id, question, finish_reason, created_at, ended_at, lease_until)
          values (${workspaceId}, ${botId}, ${session}, nextval('turns_question_id_seq'), ${`${age} days`},
            ${isOpen ? null : 'stop'}, ${at(age)}, ${isOpen ? null : at(age)}, now())`)
      }
      return session
    }
    const keeping = async (retentionDays: number | null) => app().tenant({ bot: { retentionDays } })
    async function leftOf(tenant: Tenant) {
      const { rows } = await db().execute<{ id: string }>(sql`
        select session_id as id from sessions where workspace_id = ${tenant.workspaceId}`)
      return {
        sessions: rows.map(({ id }) => id).toSorted(),
        said: (await turnsOf(app(), tenant)).map(({ question: said }) => said),
      }
    }

    it('messages older than the bot keeps them go, and conversations of which nothing is left; younger ones stay', async () => {
      const tenant = await keeping(30)
      await store(tenant, [40, 35])
      const [partly, young] = [await store(tenant, [31, 29]), await store(tenant, [1])]
      await deleteExpired({ db: db() })
      expect(await leftOf(tenant)).toEqual({ sessions: [partly, young].toSorted(), said: ['29 days', '1 days'] })
    })

    it('an answer that is being written stays, however long ago it was asked', async () => {
      const tenant = await keeping(1)
      const session = await store(tenant, [5], true)
      await deleteExpired({ db: db() })
      expect(await leftOf(tenant)).toEqual({ sessions: [session], said: ['5 days'] })
    })

    it('a bot without a retention keeps everything, whatever another has; a huge one too', async () => {
      const forever = await keeping(null)
      const centuries = await keeping(2_000_000_000)
      const brief = await keeping(7)
      for (const tenant of [forever, centuries, brief]) await store(tenant, [4_000])
      await deleteExpired({ db: db() })
      expect((await leftOf(forever)).said).toEqual(['4000 days'])
      expect((await leftOf(centuries)).said).toEqual(['4000 days'])
      expect(await leftOf(brief)).toEqual({ sessions: [], said: [] })
    })

    it('goes in batches until all are gone', async () => {
      const tenant = await keeping(10)
      const old = Array.from({ length: 23 }, (_, i) => 11 + i)
      await store(tenant, old)
      expect(await deleteExpired({ db: db() }, 5)).toBe(23)
      expect(await leftOf(tenant)).toEqual({ sessions: [], said: [] })
    })

    it('a worker does it by the clock, and erases again what has come back', async () => {
      const tenant = await keeping(10)
      await store(tenant, [12])
      const returned = await app().tenant()
      await app().chat(turn(returned, { visitor_id: 'ann' }))
      await erase(returned, 'ann')
      await app().chat(turn(returned, { visitor_id: 'ann' }))
      await db().execute(sql`
        update sessions set created_at = now() - interval '1 day' where workspace_id = ${returned.workspaceId}`)
      const clock = skippableClock()
      await using _worker = await startWorker({ ...app().ports, clock })
      clock.skip(30_000)
      await eventually(async () => (await turnsOf(app(), tenant)).length === 0)
      expect(await leftOf(tenant)).toEqual({ sessions: [], said: [] })
      expect(await leftOf(returned)).toEqual({ sessions: [], said: [] })
    })

    it('a conversation that was emptied is gone on with as a new one', async () => {
      const tenant = await keeping(10)
      const session = await store(tenant, [12])
      await deleteExpired({ db: db() })
      await app().chat(turn(tenant, { session_id: session, message: 'Again' }))
      expect(await leftOf(tenant)).toEqual({ sessions: [session], said: ['Again'] })
    })
  })
})

import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../testing/database.ts'
import { saveBot } from '../bots/bots.ts'
import type { Db } from '../platform/db/db.ts'
import { saveWorkspace } from '../workspaces/workspaces.ts'
import { type ConversationFilter, findConversations } from './search.ts'

describe.each(lanes)('searching conversations on $name', (lane) => {
  it('is done by the indexes for words, for what was not known and for ratings, not by reading every answer', async () => {
    await using database = await lane.open()
    const { db } = database
    const workspaceId = await saveWorkspace(database, { name: 'Shop', plan: 'unlimited', isSuspended: false })
    const botId = await saveBot(database, workspaceId, { name: 'Bot' })
    await db.execute(sql`
      insert into sessions (workspace_id, bot_id, session_id, last_turn_at)
      select ${workspaceId}, ${botId}, gen_random_uuid(), now() - make_interval(secs => n) from generate_series(1, 5000) n`)
    await db.execute(sql`
      insert into turns (workspace_id, bot_id, session_id, id, question, answer, finish_reason, ended_at, lease_until)
      select workspace_id, bot_id, session_id, nextval('turns_question_id_seq'), md5(session_id::text), repeat('word ', 100),
        'stop', now(), now()
      from sessions`)
    await db.execute(sql`analyze`)

    async function planOf(filter: ConversationFilter): Promise<string> {
      let plan = ''
      const explaining = {
        async execute(statement: Parameters<Db['execute']>[0]) {
          const { rows } = await db.execute(sql`explain ${statement as ReturnType<typeof sql>}`)
          plan = rows.map((row) => row['QUERY PLAN']).join('\n')
          return { rows: [] }
        },
      }
      await findConversations({ db: explaining as unknown as Db }, workspaceId, { botId, ...filter }, { limit: 50 })
      return plan
    }
    expect(await planOf({})).toContain('sessions_by_time')
    expect(await planOf({ q: 'zebra' })).toContain('Bitmap Index Scan on turns_words')
    expect(await planOf({ visitorId: 'ann' })).toContain('sessions_by_visitor')
    expect(await planOf({ isUnanswered: true })).toMatch(/turns_unanswered.+turns_unanswered/s)
    expect(await planOf({ rating: 'helpful' })).toContain('turns_rated')
  })
})

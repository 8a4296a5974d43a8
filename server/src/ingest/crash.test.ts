import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { describe, expect, test, vi } from 'vitest'
import { createDatabase, lanes, newPgliteDir } from '../../testing/database.ts'
import { makeBot, startIngesting } from '../../testing/ingesting.ts'
import { pageOf, startWebsite } from '../../testing/website.ts'
import { type OpenDb, openDb } from '../platform/db/db.ts'
import { migrateDb } from '../platform/db/migrate.ts'
import { silentLog } from '../platform/log.ts'
import { addSource, listSources, type SourceDraft, type SourceRef } from '../sources/sources.ts'
import { listSyncs } from '../sources/syncs.ts'

describe.each(lanes)('$name › kill -9 while a source is being indexed', ({ name }) => {
  /** A source is added, its worker killed after so many pages, and the next one brings it to its end. */
  async function killAndGoOn(draft: SourceDraft, pages: number, look: (next: OpenDb, ref: SourceRef) => Promise<void>) {
    // The embedded database is held by one process at a time, so its folder is handed from one to the next.
    const dataDir = newPgliteDir()
    const made = name === 'PGlite' ? null : await createDatabase(process.env.TEST_DATABASE_URL ?? '')
    const databaseUrl = made?.databaseUrl ?? null
    const open = () => openDb({ databaseUrl, dataDir, log: silentLog })

    const first = await open()
    await migrateDb(first)
    const bot = await makeBot(first)
    const ref = { ...bot, sourceId: await addSource(first, bot.workspaceId, bot.botId, draft) }
    await first[Symbol.asyncDispose]()

    const child = fork(killed, [databaseUrl ?? '-', dataDir, String(pages)])
    expect(await once(child, 'message')).toContain('embedding')
    child.kill('SIGKILL')
    await once(child, 'exit')

    const next = await open()
    const worker = await startIngesting(next)
    await vi.waitFor(
      async () => {
        await next.pool.query(hurry)
        expect((await listSources(next, bot.workspaceId, bot.botId))[0]?.state).toBe('ready')
      },
      { timeout: 50_000, interval: 100 },
    )
    await look(next, ref)
    await worker[Symbol.asyncDispose]()
    await next[Symbol.asyncDispose]()
    await made?.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }

  test('the job is taken up by the next process: each passage once, none left over', async () => {
    const content = Array.from({ length: 40 }, (_, n) => `## Part ${n}\n\nAbout thing number ${n}.`).join('\n\n')
    await killAndGoOn({ kind: 'text', title: 'Parts', content }, 0, async ({ db }) => {
      const { rows } = await db.execute(sql`
        select count(distinct p.id)::int as passages, count(distinct p.text)::int as texts, count(v.*)::int as vectors,
          (select count(*)::int from pages) as pages
        from passages p left join passage_vectors v on v.passage_id = p.id`)
      expect(rows).toEqual([{ passages: 40, texts: 40, vectors: 40, pages: 1 }])
    })
  })

  test('a crawl goes on where it was: what is indexed is not fetched again, and is there once', async () => {
    const paths = Array.from({ length: 20 }, (_, n) => (n === 0 ? '/' : `/p${n}`))
    await using site = await startWebsite(Object.fromEntries(paths.map((path) => [path, pageOf(path, paths)])))
    await killAndGoOn({ kind: 'website', url: `${site.url}/` }, 8, async ({ db }, ref) => {
      const { rows } = await db.execute(sql`
        select count(*)::int as passages, count(distinct page_id)::int as pages from passages`)
      expect(rows).toEqual([{ passages: 20, pages: 20 }])
      const [sync] = await listSyncs({ db }, ref)
      expect(sync).toMatchObject({ added: 20, changed: 0, failed: 0 })
      expect(new Set(site.asked).size).toBe(20)
      // Four at a time were under way.
      expect(site.asked.length).toBeLessThanOrEqual(24)
    })
  })
})

const killed = fileURLToPath(new URL('../../testing/ingest-process.ts', import.meta.url))

/** As if the dead process had been silent for long, and the wait before the next try were over. */
const hurry = `update pgboss.job set start_after = now(), heartbeat_on = now() - interval '10 minutes'
  where state = 'retry' or (state = 'active' and retry_count = 0)`

/** Where cases are sent: a server on a scratch directory, with a model server that records and an issuer of its own. */
import { rmSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { openDb } from '../../server/src/platform/db/db.ts'
import { migrateDb } from '../../server/src/platform/db/migrate.ts'
import { silentLog } from '../../server/src/platform/log.ts'
import { newPgliteDir } from '../../server/testing/database.ts'
import { startIssuer } from '../../server/testing/issuer.ts'
import { startModelServer } from '../../server/testing/model-server.ts'
import { type ServerDb, startServer } from '../../server/testing/process.ts'
import { type Case, expand, type Names } from './expand.ts'
import { type Exchange, judge, type Traces } from './judge.ts'
import { makeRows } from './rows.ts'
import { send } from './send.ts'
import { makeTokens } from './tokens.ts'

export interface Stage extends AsyncDisposable {
  /** Sends a case, as often as it says, and gives what was wrong in words. */
  run(one: Case): Promise<string[]>
}

export async function openStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const models = opened.use(await startModelServer())
  const issuer = opened.use(await startIssuer())
  const dataDir = newPgliteDir()
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const rows = await prepare(dataDir, issuer.issuer)
  const server = opened.use(
    await startServer(
      'all',
      {
        MEVICHAT_DATA_DIR: dataDir,
        OPENAI_API_KEY: 'sk-cases',
        OPENAI_BASE_URL: `${models.url}/v1`,
        MEVICHAT_CHAT_MODEL: 'openai:test-model',
        MEVICHAT_JWT_ISSUER: issuer.issuer,
        MEVICHAT_JWKS_URL: issuer.jwksUrl,
      },
      { preload: new URL('./probe.ts', import.meta.url).href },
    ),
  )
  const database = opened.use(server.openDb())

  let sent = 0
  /** A client of its own for each case, since the socket is the client and the limits go by it. */
  const newAddress = () => {
    sent++
    return `127.${20 + (sent >> 14)}.${(sent >> 7) & 127}.${1 + (sent & 127)}`
  }
  const sendPlain = (method: string, path: string, body: object | null = null) =>
    send(server.url, { method, path, headers: {}, body: body && Buffer.from(JSON.stringify(body)) }, newAddress())

  const config = async (key = '') => String((await sendPlain('GET', configPath(key))).headers.etag)
  const names = resolver({
    ...rows.names,
    ...(await makeTokens(issuer, rows.holders)),
    ETAG: await config(rows.names.KEY_OPEN),
    ETAG_A: await config(rows.names.KEY_OPEN),
    ETAG_OF_OTHER_BOT: await config(rows.names.KEY_B),
  })
  const refusedKey = await sendPlain('POST', '/api/chat/', {
    public_key: names('KEY_UNKNOWN'),
    session_id: names('CONV_UNKNOWN'),
    message: 'hi',
  })
  const resources = opened.move()

  return {
    async run(one) {
      const before = await ledger(database)
      const callsBefore = models.chatCalls().length
      const linesBefore = server.lines.length
      const localAddress = newAddress()
      const exchanges: Exchange[] = []
      try {
        for (let attempt = 0; attempt < (one.expect.repeat ?? 1); attempt++) {
          const request = expand(one, names, attempt)
          exchanges.push({ sent: request, got: await send(server.url, request, localAddress) })
        }
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)]
      }
      const after = await ledger(database)
      const traces: Traces = {
        sessions: after.sessions - before.sessions,
        turns: after.turns - before.turns,
        lastId: before.lastId,
        used: after.used - before.used,
        reserved: after.reserved,
        prompts: models.chatCalls().slice(callsBefore).map(messagesOf),
        lines: server.lines.slice(linesBefore),
        stored: await storedTurns(database, exchanges),
      }
      return [...new Set([...judge(one, exchanges, traces, { ...rows, refusedKey }), ...(await health(server))])]
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function prepare(dataDir: string, issuer: string) {
  await using database = await openDb({ databaseUrl: null, dataDir, log: silentLog })
  await migrateDb(database)
  return await makeRows(database.db, issuer)
}

function configPath(key: string): string {
  return `/api/widget/config/?public_key=${key}`
}

/** Names are known with and without what they belong to; `…_UPPER` is a value in upper case, `9KB` 9,000 letters. */
function resolver(values: Record<string, string>): Names {
  const known = new Map(
    Object.entries(values).flatMap(([name, value]): [string, string][] => [
      [plain(name), value],
      [name, value],
    ]),
  )
  const find = (name: string) => known.get(name) ?? known.get(plain(name))
  return (name) => {
    const [, letters] = /^(\d+)KB$/.exec(name) ?? []
    if (letters) return 'a'.repeat(Number(letters) * 1000)
    const value = find(name) ?? find(name.replace(/_UPPER$/, ''))?.toUpperCase()
    if (value === undefined) throw new Error(`{{${name}}} is not a name that is known here`)
    return value
  }
}

/** `KEY_OF_SUSPENDED_WORKSPACE` is `KEY_SUSPENDED`. */
function plain(name: string): string {
  return name.replace('_OF_', '_').replace(/_(WORKSPACE|BOT|USER|MEMBER)$/, '')
}

async function ledger({ db }: ServerDb) {
  const { rows } = await db.execute<Record<'sessions' | 'turns' | 'lastId' | 'used' | 'reserved', number>>(sql`
    select (select count(*) from sessions) as sessions, (select count(*) from turns) as turns,
      (select coalesce(max(id), 0) from turns) as "lastId",
      (select coalesce(sum(used), 0) from usage_months) as used,
      (select coalesce(sum(reserved), 0) from usage_months) as reserved`)
  return rows[0] ?? { sessions: 0, turns: 0, lastId: 0, used: 0, reserved: 0 }
}

async function storedTurns({ db }: ServerDb, exchanges: Exchange[]): Promise<Traces['stored']> {
  const ids = exchanges.flatMap(({ got }): number[] => got.events.slice(0, 1).map(({ data }) => data.message_id))
  const { rows } = await db.execute<{ id: number; question: string; visitorId: string | null }>(sql`
    select t.id, t.question, s.visitor_id as "visitorId"
    from turns t join sessions s using (workspace_id, bot_id, session_id)
    where t.id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`)
  return new Map(rows.map(({ id, ...turn }) => [id, turn]))
}

function messagesOf({ body }: { body: Record<string, unknown> }): { role: string; content: string }[] {
  const messages = Array.isArray(body.messages) ? body.messages : []
  return messages.map(({ role, content }) => ({ role: String(role), content: String(content) }))
}

/** The same process still, whose objects inherit nothing new. */
async function health(server: { pid: number; ask(message: string): Promise<unknown>; exited: Promise<unknown> }) {
  const answer = await Promise.race([server.ask('well?'), server.exited])
  return JSON.stringify(answer) === JSON.stringify({ pid: server.pid, inherited: [] })
    ? []
    : [`the server is not well: ${JSON.stringify(answer)}`]
}

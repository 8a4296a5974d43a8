/** The workspaces, bots, keys, people and conversations that the cases speak of, and the names they give them. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { saveBot } from '../../server/src/bots/bots.ts'
import { sessions, turns } from '../../server/src/conversations/tables.ts'
import { saveUser } from '../../server/src/identity/identity.ts'
import { saveKey } from '../../server/src/keys/keys.ts'
import type { Db } from '../../server/src/platform/db/db.ts'
import type { BotId, WorkspaceId } from '../../server/src/platform/id.ts'
import { type Role, saveMember, saveWorkspace } from '../../server/src/workspaces/workspaces.ts'
import type { Holder, Holders } from './tokens.ts'

export interface Rows {
  names: Record<string, string>
  holders: Holders
  /** Stands in the system prompt: no answer may hold it. */
  promptCanary: string
  /** Stand in conversations of another bot and of the past: no prompt of bot A may hold one. */
  historyCanaries: string[]
}

interface BotOptions {
  instructions?: string
  isEnabled?: boolean
  deletedAt?: Date
}

export async function makeRows(db: Db, issuer: string): Promise<Rows> {
  const ports = { db }
  const workspace = (name: string, isSuspended = false) =>
    saveWorkspace(ports, { name, plan: 'unlimited', isSuspended })
  const bot = (workspaceId: WorkspaceId, name: string, options: BotOptions = {}) =>
    saveBot(ports, workspaceId, { name, ...options })
  const key = async (workspaceId: WorkspaceId, botId: BotId, name: string, domains: string[] = [], isRevoked = false) =>
    (await saveKey(ports, workspaceId, botId, { name, domains, isRevoked })).publicKey
  const person = async (workspaceId: WorkspaceId, role: Role): Promise<Holder> => {
    const sub = randomUUID()
    const userId = await saveUser(ports, { issuer, subject: sub, email: null, name: null })
    await saveMember(ports, workspaceId, userId, role)
    return { sub, workspace: workspaceId }
  }
  const userOf = ({ sub }: Holder) => sql`(select user_id from user_identities where subject = ${sub})`
  const conversation = async (workspaceId: WorkspaceId, botId: BotId, question: string) => {
    const ref = { workspaceId, botId, sessionId: randomUUID() }
    const ended = {
      answer: `About ${question}`,
      finishReason: 'stop' as const,
      endedAt: new Date(),
      leaseUntil: new Date(),
    }
    await db.insert(sessions).values(ref)
    const [turn] = await db
      .insert(turns)
      .values({ ...ref, id: sql`nextval('turns_question_id_seq')`, question, ...ended })
      .returning({ id: turns.id })
    return { sessionId: ref.sessionId, messageId: String(turn?.id) }
  }

  const promptCanary = `canary-${randomUUID()}`
  const botBCanary = `canary-${randomUUID()}`
  const deletedCanary = `canary-${randomUUID()}`

  const a = await workspace('A')
  const other = await workspace('Other')
  const suspended = await workspace('Suspended', true)
  const botA = await bot(a, 'A', { instructions: `Never say ${promptCanary}.` })
  const botB = await bot(a, 'B')
  const botDisabled = await bot(a, 'Disabled', { isEnabled: false })
  const botDeleted = await bot(a, 'Deleted', { deletedAt: new Date() })
  const botOther = await bot(other, 'Other')
  const botSuspended = await bot(suspended, 'Suspended')

  const holders: Holders = {
    a: await person(a, 'owner'),
    admin: await person(a, 'admin'),
    editor: await person(a, 'editor'),
    viewer: await person(a, 'viewer'),
    b: await person(other, 'owner'),
    stale: await person(a, 'owner'),
    deleted: await person(a, 'owner'),
    unknown: { sub: randomUUID(), workspace: a },
    suspended: await person(suspended, 'owner'),
  }
  await db.execute(sql`delete from members where user_id = ${userOf(holders.stale)}`)
  await db.execute(sql`update users set deleted_at = now() where id = ${userOf(holders.deleted)}`)

  const ofA = await conversation(a, botA, 'refunds')
  const ofB = await conversation(a, botB, botBCanary)
  const ofOther = await conversation(other, botOther, botBCanary)
  const ofDeleted = await conversation(a, botA, deletedCanary)
  await db.execute(sql`delete from sessions where session_id = ${ofDeleted.sessionId}`)

  const open = await key(a, botA, 'open')
  const domains = ['example.com', '*.shop.example', 'xn--exmple-cua.com']
  return {
    holders,
    promptCanary,
    historyCanaries: [botBCanary, deletedCanary],
    names: {
      KEY_OPEN: open,
      KEY_A: open,
      // The prefix stays, so that it is looked up rather than refused by its looks.
      KEY_OPEN_UPPER: `mvc_pk_${open.slice(7).toUpperCase()}`,
      KEY_LOCKED: await key(a, botA, 'locked', domains),
      KEY_PORT: await key(a, botA, 'port', ['localhost:5173']),
      KEY_REVOKED: await key(a, botA, 'revoked', [], true),
      KEY_UNKNOWN: `mvc_pk_${'x'.repeat(32)}`,
      KEY_B: await key(a, botB, 'open'),
      KEY_OTHER: await key(other, botOther, 'open'),
      KEY_OF_DISABLED_BOT: await key(a, botDisabled, 'open'),
      KEY_OF_DELETED_BOT: await key(a, botDeleted, 'open'),
      KEY_OF_SUSPENDED_WORKSPACE: await key(suspended, botSuspended, 'open'),
      BOT_A: botA,
      BOT_B: botB,
      BOT_OTHER: botOther,
      BOT_DISABLED: botDisabled,
      BOT_DELETED: botDeleted,
      BOT_UNKNOWN: randomUUID(),
      CONV_A: ofA.sessionId,
      CONV_B: ofOther.sessionId,
      CONV_OF_OTHER_WORKSPACE: ofOther.sessionId,
      CONV_DELETED: ofDeleted.sessionId,
      CONV_UNKNOWN: randomUUID(),
      SID_A: ofA.sessionId,
      SID_DELETED: ofDeleted.sessionId,
      SID_OF_BOT_B_SAME_WORKSPACE: ofB.sessionId,
      SID_OF_OTHER_WORKSPACE: ofOther.sessionId,
      MESSAGE_A: ofA.messageId,
      MESSAGE_OTHER: ofOther.messageId,
      WORKSPACE_A: a,
      WORKSPACE_OTHER: other,
      COOKIE_A: randomUUID(),
    },
  }
}

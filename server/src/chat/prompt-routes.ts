/** The owner's look at what a model was told. */
import { promptOperations } from '@mevichat/protocol/prompts.ts'
import { sql } from 'drizzle-orm'
import { findLiveBot, requireBot } from '../bots/bots.ts'
import {
  type Exchange,
  findTrace,
  findTurn,
  historyFrom,
  historySql,
  type SessionRef,
} from '../conversations/conversations.ts'
import { readPassages } from '../knowledge/knowledge.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { historyTokens, promptFor } from './prompt.ts'

export function addPromptRoutes(app: HttpApp, ports: OperationPorts): void {
  addOperations(
    app,
    ports,
    promptOperations,
    {
      async getPrompt({ caller, params }) {
        const ref = { workspaceId: caller.workspaceId, botId: params.botId as BotId, sessionId: params.sessionId }
        return promptOf(ports, ref, Number(params.message))
      },
    },
    { before: requireBot(ports) },
  )
}

/** Throws `not_found` for an answer that is not there or for which no model was asked, and for a bot that is switched off. */
async function promptOf({ db }: { db: Db }, ref: SessionRef, messageId: number) {
  const isId = Number.isSafeInteger(messageId) && messageId > 0
  const [turn, trace] = isId ? await Promise.all([findTurn(db, ref, messageId), findTrace(db, ref, messageId)]) : []
  const bot = await findLiveBot({ db }, ref.workspaceId, ref.botId)
  if (!turn || !trace?.model || !bot) throw fail('not_found')
  const { rows } = await db.execute<{ history: Exchange[] | null }>(sql`select ${historySql(ref, messageId)}`)
  const found = await readPassages({ db }, ref.workspaceId, ref.botId, trace.given)
  const passages = trace.given.flatMap((id) => {
    const row = found.get(id)
    const seen = trace.considered.find(({ passageId }) => passageId === id)
    return row && seen ? [{ ...row, ...seen }] : []
  })
  const history = historyFrom(rows[0]?.history ?? [], historyTokens)
  const { system, messages } = promptFor(bot, trace.model, passages, history, turn.question)
  return { system, messages: [...messages], missing_passages: trace.given.length - passages.length }
}

/** The owner's look into a bot's knowledge. */
import { knowledgeOperations } from '@mevichat/protocol/knowledge.ts'
import { embeddingChoiceOf, requireBot } from '../bots/bots.ts'
import type { BotModels } from '../credentials/credentials.ts'
import type { Clock } from '../platform/clock.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { readPassages, search } from './knowledge.ts'
import { suggestQuestions } from './suggestions.ts'

export interface KnowledgeRoutePorts extends OperationPorts {
  botModels: BotModels
  clock: Clock
}

export function addKnowledgeRoutes(app: HttpApp, ports: KnowledgeRoutePorts): void {
  addOperations(
    app,
    ports,
    knowledgeOperations,
    {
      async searchKnowledge({ caller: { workspaceId }, params, body }) {
        const botId = params.botId as BotId
        const startedAt = ports.clock.monotonicMs()
        const choice = await embeddingChoiceOf(ports, workspaceId, botId)
        const openModel = (embeddingModel: string | null) =>
          ports.botModels.embedding(workspaceId, { ...choice, embeddingModel })
        const embeddings = await openModel(choice.embeddingModel).catch(() => null)
        const asked = { question: body.question, history: [] }
        const found = await search({ ...ports, embeddings, openModel }, workspaceId, botId, asked)
        const ms = Math.round(ports.clock.monotonicMs() - startedAt)
        const rows = await readPassages(
          ports,
          workspaceId,
          botId,
          found.considered.map(({ passageId }) => passageId),
        )
        const passages = found.considered.flatMap(({ passageId, pageId, score, cosine, lexical, leftOut }) => {
          const row = rows.get(passageId)
          if (!row) return []
          const { title, url, headings, text } = row
          return [
            { id: passageId, page_id: pageId, title, url, headings, text, score, cosine, lexical, left_out: leftOut },
          ]
        })
        const { verdict, best, thresholds, isByWordsAlone } = found
        return { passages, verdict, best, thresholds, is_by_words_alone: isByWordsAlone, ms }
      },
      async suggestQuestions({ caller, params }) {
        return { questions: await suggestQuestions(ports, caller.workspaceId, params.botId as BotId) }
      },
    },
    { before: requireBot(ports) },
  )
}

/** The owner's look into a bot's knowledge. */
import { knowledgeOperations } from '@mevichat/protocol/knowledge.ts'
import { embeddingModelOf, requireBot } from '../bots/bots.ts'
import type { Clock } from '../platform/clock.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId } from '../platform/id.ts'
import type { Models } from '../platform/models/registry.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { readPassages, search } from './knowledge.ts'

export interface KnowledgeRoutePorts extends OperationPorts {
  models: Models
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
        const openModel = (ref: string | null) => ports.models.embeddingModel(ref)
        const embeddings = await openModel(await embeddingModelOf(ports, workspaceId, botId)).catch(() => null)
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
    },
    { before: requireBot(ports) },
  )
}

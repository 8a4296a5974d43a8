import { insightOperations } from '@mevichat/protocol/insights.ts'
import { requireBot } from '../bots/bots.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { insightsOf } from './insights.ts'

export function addInsightRoutes(app: HttpApp, ports: OperationPorts): void {
  addOperations(
    app,
    ports,
    insightOperations,
    {
      getInsights({ caller, params, query }) {
        const range = { from: new Date(query.from), to: new Date(query.to), timeZone: query.time_zone }
        return insightsOf(ports, caller.workspaceId, params.botId as BotId, range)
      },
    },
    { before: requireBot(ports) },
  )
}

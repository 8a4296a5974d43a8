/** `GET /api/workspaces/…/usage/`: how much of its plan a workspace has used. */
import { usageOperations } from '@mevichat/protocol/usage.ts'
import { plans } from '../plans/plans.ts'
import type { HttpApp } from '../platform/http/app.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { listMonths } from './quota.ts'

export function addUsageRoutes(app: HttpApp, ports: OperationPorts): void {
  addOperations(app, ports, usageOperations, {
    async getUsage({ caller: { workspaceId, plan } }) {
      const months = await listMonths(ports, workspaceId)
      const [current] = months
      if (!current) throw new Error('there is always a month')
      const { used, reserved, calls, month } = current
      return {
        plan,
        cap: plans[plan].messagesPerMonth,
        used,
        reserved,
        calls,
        period_start: firstOf(month, 0),
        resets_at: firstOf(month, 1),
        months: months.map((one) => ({ month: one.month.slice(0, 7), used: one.used, calls: one.calls })),
      }
    },
  })
}

function firstOf(month: string, monthsLater: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + monthsLater, 1)).toISOString()
}

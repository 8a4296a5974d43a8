/** The admin's doors to the prices of models. */
import { type PriceAnswer, priceOperations } from '@mevichat/protocol/prices.ts'
import { recordEvent } from '../audit/audit.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { PriceId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { plainDecimal } from './cost.ts'
import { addPrice, changePrice, getPrice, listPrices, removePrice, type StoredPrice } from './prices.ts'

export function addPriceRoutes(app: HttpApp, ports: OperationPorts): void {
  addOperations(app, ports, priceOperations, {
    async listPrices({ caller }) {
      return { prices: (await listPrices(ports, caller.workspaceId)).map(answerOf) }
    },
    async addPrice({ caller: { workspaceId, userId }, body }) {
      return ports.db.transaction(async (tx) => {
        const added = await addPrice({ db: tx }, workspaceId, body)
        await recordEvent(tx, workspaceId, { userId, action: 'price.created', ...about(added) })
        return answerOf(added)
      })
    },
    async getPrice({ caller, params }) {
      return answerOf(await getPrice(ports, caller.workspaceId, params.priceId as PriceId))
    },
    async changePrice({ caller: { workspaceId, userId }, params, body, requireMatch }) {
      return ports.db.transaction(async (tx) => {
        const price = await getPrice({ db: tx }, workspaceId, params.priceId as PriceId, { isLocked: true })
        requireMatch(answerOf(price))
        const changed = await changePrice({ db: tx }, price, body)
        await recordEvent(tx, workspaceId, { userId, action: 'price.changed', ...about(changed) })
        return answerOf(changed)
      })
    },
    async removePrice({ caller: { workspaceId, userId }, params }) {
      await ports.db.transaction(async (tx) => {
        const price = await getPrice({ db: tx }, workspaceId, params.priceId as PriceId, { isLocked: true })
        await removePrice({ db: tx }, price)
        await recordEvent(tx, workspaceId, { userId, action: 'price.removed', ...about(price) })
      })
    },
  })
}

function about({ id, model, input, output, currency }: StoredPrice) {
  const details = { input: plainDecimal(input), output: plainDecimal(output), currency }
  return { target: { kind: 'price', id, name: model }, details }
}

function answerOf({ id, model, input, output, currency, updatedAt }: StoredPrice): PriceAnswer {
  return {
    id,
    model,
    input: plainDecimal(input),
    output: plainDecimal(output),
    currency,
    changed_at: updatedAt.toISOString(),
  }
}

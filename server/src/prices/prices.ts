/** Prices owns what a workspace pays for the tokens of its models, and what answers cost by that. */
import { and, count, eq, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { newId, type PriceId, type WorkspaceId } from '../platform/id.ts'
import type { Price } from './cost.ts'
import { modelPrices } from './tables.ts'

export { costOf, type Price, sumOf } from './cost.ts'

export type StoredPrice = typeof modelPrices.$inferSelect

/** So many are enough, and can be listed at once. */
const maxPrices = 200

const isIt = (workspaceId: WorkspaceId, id: PriceId) =>
  and(eq(modelPrices.workspaceId, workspaceId), eq(modelPrices.id, id))

/** By model. */
export async function listPrices({ db }: { db: Db }, workspaceId: WorkspaceId): Promise<StoredPrice[]> {
  return db.select().from(modelPrices).where(eq(modelPrices.workspaceId, workspaceId)).orderBy(modelPrices.model)
}

/** For `costOf`: the prices of today. */
export async function pricesByModel(ports: { db: Db }, workspaceId: WorkspaceId): Promise<ReadonlyMap<string, Price>> {
  return new Map((await listPrices(ports, workspaceId)).map((price) => [price.model, price]))
}

/** Throws `conflict` when the model has a price, or the workspace has 200. */
export async function addPrice(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  price: Price & { model: string },
): Promise<StoredPrice> {
  const ofWorkspace = eq(modelPrices.workspaceId, workspaceId)
  const [row] = await db.select({ found: count() }).from(modelPrices).where(ofWorkspace)
  if (row && row.found >= maxPrices)
    throw fail('conflict', { detail: `A workspace has ${maxPrices} prices at most. Delete one first.` })
  const [added] = await db
    .insert(modelPrices)
    .values({ ...price, workspaceId, id: newId<PriceId>() })
    .onConflictDoNothing()
    .returning()
  if (!added) throw fail('conflict', { detail: `${price.model} has a price already. Change that one.` })
  return added
}

/** Throws `not_found`. */
export async function getPrice(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  id: PriceId,
  { isLocked = false } = {},
): Promise<StoredPrice> {
  const query = db.select().from(modelPrices).where(isIt(workspaceId, id))
  const [price] = await (isLocked ? query.for('update') : query)
  if (!price) throw fail('not_found')
  return price
}

/** Changes a price that is locked. */
export async function changePrice(
  { db }: { db: Db },
  { workspaceId, id }: StoredPrice,
  { input, output, currency }: { [Field in keyof Price]?: Price[Field] | undefined },
): Promise<StoredPrice> {
  const [changed] = await db
    .update(modelPrices)
    .set({
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
      ...(currency !== undefined && { currency }),
      updatedAt: sql`clock_timestamp()`,
    })
    .where(isIt(workspaceId, id))
    .returning()
  if (!changed) throw new Error('the price was not there')
  return changed
}

export async function removePrice({ db }: { db: Db }, { workspaceId, id }: StoredPrice): Promise<void> {
  await db.delete(modelPrices).where(isIt(workspaceId, id))
}

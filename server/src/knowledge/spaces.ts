import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'
import type { EmbeddingModel } from '../platform/models/models.ts'
import { preparationOf } from './windows.ts'

/** The id of the space that this model's vectors live in, made at its first use. */
export async function spaceIdOf(db: Db, model: Pick<EmbeddingModel, 'space' | 'maxTokens'>): Promise<number> {
  const { provider, model: name, dimensions } = model.space
  const key = sql`${provider}, ${name}, ${dimensions}::int, ${preparationOf(model)}`
  const find = () =>
    db.execute<{ id: number }>(
      sql`select id from embedding_spaces where (provider, model, dimensions, preparation) = (${key})`,
    )
  const insert = () =>
    db.execute<{ id: number }>(
      sql`insert into embedding_spaces (provider, model, dimensions, preparation) values (${key})
          on conflict do nothing returning id`,
    )
  // The last look-up is for the one that another process made in between.
  const id = (await find()).rows[0]?.id ?? (await insert()).rows[0]?.id ?? (await find()).rows[0]?.id
  if (id === undefined) throw new Error(`no embedding space for ${provider}:${name}`)
  return id
}

/** Of the bots that chose this model those whose vectors are still of another one. */
export async function botsOutside(
  db: Db,
  model: Pick<EmbeddingModel, 'space' | 'maxTokens'>,
  chosen: string | null,
): Promise<{ workspaceId: WorkspaceId; botId: BotId }[]> {
  const { rows } = await db.execute<{ workspaceId: WorkspaceId; botId: BotId }>(sql`
    select i.workspace_id as "workspaceId", i.bot_id as "botId"
    from bot_indexes i join bots b on b.workspace_id = i.workspace_id and b.id = i.bot_id
    where i.space_id <> ${await spaceIdOf(db, model)} and b.embedding_model is not distinct from ${chosen}`)
  return rows
}

/** What the bots that know something have chosen: `provider:model`, or null for the default. */
export async function chosenModels(db: Db): Promise<(string | null)[]> {
  const { rows } = await db.execute<{ chosen: string | null }>(sql`
    select distinct b.embedding_model as chosen
    from bot_indexes i join bots b on b.workspace_id = i.workspace_id and b.id = i.bot_id`)
  return rows.map(({ chosen }) => chosen)
}

/** As `models.embeddingModel` takes it. */
export function modelRefOf({ provider, model }: { provider: string; model: string }): string {
  return provider === 'built-in' ? provider : `${provider}:${model}`
}

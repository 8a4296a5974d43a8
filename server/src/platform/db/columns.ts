/** Column types that Drizzle lacks. */
import { customType } from 'drizzle-orm/pg-core'

/** pgvector's half-precision vector, of any dimension: a space's dimension is kept by its row in `embedding_spaces`. */
export const halfvec = customType<{ data: Float32Array; driverData: string }>({
  dataType: () => 'halfvec',
  toDriver: (value) => `[${value.join(',')}]`,
  fromDriver: (value) => Float32Array.from(JSON.parse(value) as number[]),
})

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

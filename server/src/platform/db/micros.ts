/** Times of the database to the microsecond, which a Date has not: for places in a list. */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

export function microsOf(time: SQLWrapper): SQL<number> {
  return sql<number>`(extract(epoch from ${time}) * 1000000)::bigint`
}

export function timeOfMicros(micros: number): SQL {
  return sql`(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond')`
}

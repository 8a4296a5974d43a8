/** Statements of the path of an answer: their text is put together once, and PostgreSQL plans them once a connection. */
import { is, Placeholder, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { type Db, isEmbedded } from './db.ts'
import { runPrepared, type Statement, type Value } from './prepared-query.ts'

/**
 * A statement under a name that no other one has. `build` is given what stands for the values: it may put them into the
 * statement, and look at none of them. In a transaction the statement is planned anew, for its very values.
 */
export function statement<Values extends { [Name in keyof Values]: Value }, Row extends object>(
  name: string,
  build: (values: Values) => SQL,
): (db: Db, values: Values) => Promise<Row[]> {
  let made: PutTogether<Values> | undefined
  return async (db, values) => {
    const pool = poolOf(db)
    if (!pool) return (await db.execute(build(values))).rows as Row[]
    made ??= putTogether(name, build)
    const given = made.params.map((param) => ('hole' in param ? values[param.hole] : param.value))
    if (isEmbedded(pool)) return (await pool.query<Row>({ text: made.text, values: given })).rows
    return (await runPrepared(pool, made, given)) as Row[]
  }
}

/** Null in a transaction. */
function poolOf(db: Db): pg.Pool | null {
  return '$client' in db && db.$client instanceof pg.Pool ? db.$client : null
}

interface PutTogether<Values> extends Statement {
  /** What stands for a value, or a constant. One that is used twice is sent once. */
  params: ({ hole: keyof Values } | { value: Value })[]
}

function putTogether<Values extends object>(name: string, build: (values: Values) => SQL): PutTogether<Values> {
  const holes = new Map<string | symbol, Placeholder>()
  const values = new Proxy({} as Values, {
    get(_, key) {
      const hole = holes.get(key) ?? sql.placeholder(String(key))
      holes.set(key, hole)
      return hole
    },
  })
  const query = new PgDialect().sqlToQuery(build(values))
  const params = [...new Set(query.params)]
  const text = query.sql.replace(/\$(\d+)/g, (_, at) => `$${params.indexOf(query.params[Number(at) - 1]) + 1}`)
  return {
    name,
    text,
    params: params.map((param) =>
      is(param, Placeholder) ? { hole: param.name as keyof Values } : { value: param as Value },
    ),
  }
}

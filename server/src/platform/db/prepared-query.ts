/**
 * One run of a prepared statement. pg's own query asks with each run again what the columns are and makes a result for
 * it, which cost more than most of our rows; this one asks once a connection and gives the rows alone.
 */
import pg from 'pg'
import { serialize } from 'pg-protocol'

declare module 'pg' {
  interface Connection {
    /** By name the texts that PostgreSQL has planned on this connection, and those that it was only asked to. */
    parsedStatements: Record<string, string>
    submittedNamedStatements: Record<string, string>
  }
}

/** What a statement takes. */
export type Value = string | number | boolean | Buffer | null | undefined

export interface Statement {
  name: string
  text: string
}

interface Column {
  name: string
  parse: (text: string) => unknown
}

type Row = Record<string, unknown>

/** By the names of statements. With a connection goes what it knows: where a column changes, PostgreSQL fails the plan and pg the connection. */
const columnsOf = new WeakMap<pg.Connection, Map<string, Column[]>>()

function knownTo(connection: pg.Connection): Map<string, Column[]> {
  const known = columnsOf.get(connection) ?? new Map<string, Column[]>()
  columnsOf.set(connection, known)
  return known
}

export function runPrepared(pool: pg.Pool, statement: Statement, values: Value[]): Promise<Row[]> {
  // The pool gives a promise of what a query calls back with; its types know of cursors alone.
  return pool.query(new PreparedQuery(statement, values)) as unknown as Promise<Row[]>
}

/** As `pg.Client` drives it: `submit`, then a `handle…` for each message of the database. */
class PreparedQuery implements pg.Submittable {
  readonly name: string
  readonly text: string
  /** Set by the client. */
  callback: ((error: unknown, rows?: Row[]) => void) | undefined
  private readonly values: Value[]
  private known: Map<string, Column[]> | null = null
  private columns: Column[] | undefined
  private readonly rows: Row[] = []
  private failure: unknown

  constructor(statement: Statement, values: Value[]) {
    this.name = statement.name
    this.text = statement.text
    this.values = values
  }

  submit(connection: pg.Connection): void {
    const { stream, parsedStatements, submittedNamedStatements } = connection
    const { name, text } = this
    this.known = knownTo(connection)
    this.columns = this.known.get(name)
    const messages = [serialize.bind({ statement: name, values: this.values.map(sent) })]
    if (!(name in parsedStatements || name in submittedNamedStatements)) {
      messages.unshift(serialize.parse({ name, text }))
      submittedNamedStatements[name] = text
    }
    if (!this.columns) messages.push(serialize.describe({ type: 'P' }))
    // In one piece: as several the socket would take longer over them than the database over most statements.
    stream.write(Buffer.concat([...messages, serialize.execute(), serialize.sync()]))
  }

  handleRowDescription({ fields }: { fields: pg.FieldDef[] }): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: pg.types.getTypeParser(dataTypeID, 'text'),
    }))
    this.known?.set(this.name, this.columns)
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const row: Row = {}
    try {
      this.columns?.forEach(({ name, parse }, at) => {
        const field = fields[at] ?? null
        row[name] = field === null ? null : parse(field)
      })
      this.rows.push(row)
    } catch (error) {
      this.failure = error
    }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.failure) this.callback?.(this.failure)
    else this.callback?.(null, this.rows)
  }

  handleError(error: unknown): void {
    this.callback?.(error)
  }
}

function sent(value: Value): string | Buffer | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : String(value)
}

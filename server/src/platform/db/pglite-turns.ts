/** Keeps the messages of one query together where several connections share PGlite's one backend. */
import type { PGlite } from '@electric-sql/pglite'

/**
 * The socket server lets connections take turns message by message, and holds the turn only in a transaction. But a
 * query is several messages, and the backend has one unnamed statement: once connections have queued up, another's Parse
 * falls between a Parse and its Bind, and the rows of the one go to the other. So a query that has begun counts as a
 * transaction until its Sync.
 */
export function takeTurnsByQuery(db: PGlite): void {
  const isInTransaction = db.isInTransaction.bind(db)
  const execProtocolRawStream = db.execProtocolRawStream.bind(db)
  const exec = db.exec.bind(db)
  let isMidQuery = false

  db.isInTransaction = () => isMidQuery || isInTransaction()
  db.execProtocolRawStream = (message, options) => {
    isMidQuery = hasMoreToCome(message)
    return execProtocolRawStream(message, options)
  }
  // With this the socket server rolls back what a connection that ended had begun.
  db.exec = (query, options) => {
    isMidQuery = false
    return exec(query, options)
  }
}

/** Parse, Bind, Describe, Execute, Close and Flush: everything of a query before its Sync. */
function hasMoreToCome(message: Uint8Array): boolean {
  return 'PBDECH'.includes(String.fromCharCode(message[0] ?? 0))
}

/**
 * A database that has gone silent must not hold an answer's end back until TCP gives up. pg's own `query_timeout` would do, but
 * with it each result lives on until the next full collection: a tenth of an answer's cost, and much of its memory.
 */
import { Socket } from 'node:net'
import type pg from 'pg'

const silenceMs = 30_000

/** Gives up a connection that somebody uses and on which nothing was heard for thirty seconds. Its query fails. */
export function endSilence(pool: pg.Pool, afterMs = silenceMs): void {
  const inUse = new WeakSet<pg.PoolClient>()
  pool.on('acquire', (client) => inUse.add(client))
  pool.on('release', (_, client) => inUse.delete(client))
  pool.on('connect', (client) => {
    const socket = socketOf(client)
    socket.setTimeout(afterMs, () => {
      if (inUse.has(client)) socket.destroy(new Error('Query read timeout'))
    })
  })
}

/** On a connection of its own, which may be silent for so long and is not used again. */
export async function patiently<T>(
  pool: pg.Pool,
  silentForMs: number,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  try {
    socketOf(client).setTimeout(silentForMs)
    return await work(client)
  } finally {
    client.release(true)
  }
}

function socketOf({ connection: { stream } }: pg.PoolClient): Socket {
  if (!(stream instanceof Socket)) throw new Error('a database is reached over a socket')
  return stream
}

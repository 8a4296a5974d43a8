/** A TCP proxy that can be cut, as when a network or a server behind it goes away, and restored. */
import { connect, createServer, type Socket } from 'node:net'

export interface Cuttable extends AsyncDisposable {
  port: number
  /** Ends what is connected and refuses what comes. */
  cut(): void
  /** Connections stay and are taken, but nothing passes any more. */
  stall(): void
  restore(): void
}

export async function startCuttable(target: { host: string; port: number }): Promise<Cuttable> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'cut' | 'stalled' = 'open'

  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  function endAll(): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const server = createServer((client) => {
    keep(client)
    if (state === 'cut') return void client.resetAndDestroy()
    if (state === 'stalled') return void client.pause()
    const upstream = connect(target)
    keep(upstream)
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      state = 'cut'
      endAll()
    },
    stall() {
      state = 'stalled'
      for (const socket of sockets) socket.unpipe().pause()
    },
    restore() {
      state = 'open'
      endAll()
    },
    async [Symbol.asyncDispose]() {
      endAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An SMTP server on loopback that keeps what it is given. */
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface SmtpSink extends AsyncDisposable {
  url: string
  /** Each mail as it came: headers, an empty line, the text. */
  mails: { to: string[]; data: string }[]
}

export async function startSmtp(): Promise<SmtpSink> {
  const mails: SmtpSink['mails'] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let buffer = ''
    let to: string[] = []
    let isData = false
    socket.write('220 sink\r\n')
    socket.on('data', (chunk) => {
      buffer += chunk.toString()
      for (;;) {
        const end = buffer.indexOf(isData ? '\r\n.\r\n' : '\r\n')
        if (end === -1) return
        const part = buffer.slice(0, end)
        buffer = buffer.slice(end + (isData ? 5 : 2))
        if (isData) {
          mails.push({ to, data: part })
          to = []
          isData = false
          socket.write('250 kept\r\n')
          continue
        }
        const command = part.slice(0, 4).toUpperCase()
        if (command === 'RCPT') to.push(/<([^>]*)>/.exec(part)?.[1] ?? '')
        if (command === 'DATA') isData = true
        socket.write(command === 'DATA' ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
        if (command === 'QUIT') socket.end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

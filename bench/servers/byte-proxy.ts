/** The reference: passes the bytes of a model's stream on and looks at none of them. `node byte-proxy.ts MODEL_URL` */
import { Agent, createServer, request } from 'node:http'

const upstream = new URL('/v1/chat/completions', process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const prompt = JSON.stringify({ model: 'test', stream: true, messages: [{ role: 'user', content: 'hello' }] })

const server = createServer((incoming, response) => {
  incoming.resume()
  incoming.on('end', () => {
    const outgoing = request(
      upstream,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        answer.pipe(response)
      },
    )
    outgoing.end(prompt)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(
    `${JSON.stringify({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` })}\n`,
  )
})

/** Our stream path alone, without database, knowledge and checks: provider → events → reader. `node relay.ts MODEL_URL` */
import { createServer } from 'node:http'
import { encodeEvent } from '@mevichat/protocol/sse.ts'
import { systemClock } from '../../server/src/platform/clock.ts'
import { openEventStream } from '../../server/src/platform/http/sse.ts'
import { silentLog } from '../../server/src/platform/log.ts'
import { openModels } from '../../server/src/platform/models/registry.ts'

const models = openModels(
  {
    openai: { apiKey: 'sk-bench', baseUrl: `${process.argv[2]}/v1`, isChosen: true },
    anthropic: { apiKey: null, baseUrl: '' },
    chatModel: 'openai:test',
    embeddingModel: 'built-in',
    dataDir: '',
    egressAllow: [],
  },
  { clock: systemClock, log: silentLog },
)
const prompt = {
  system: '',
  messages: [{ role: 'user' as const, content: 'hello' }],
  evidence: [],
  unknownAnswer: '',
  temperature: null,
  maxOutputTokens: 1024,
}

const server = createServer(async (incoming, response) => {
  incoming.resume()
  const stream = openEventStream(response, {})
  const { model, modelName } = models.chatModel(null)
  let id = 0
  for await (const chunk of model.stream({ ...prompt, model: modelName }, new AbortController().signal)) {
    if ('text' in chunk) stream.write(encodeEvent(++id, 'token', { text: chunk.text }))
    else stream.write(encodeEvent(++id, 'done', { finish_reason: chunk.finish }))
  }
  stream.end()
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(
    `${JSON.stringify({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` })}\n`,
  )
})

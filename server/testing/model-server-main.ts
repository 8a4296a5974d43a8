/**
 * The model server as a process of its own: `node model-server-main.ts '{"tokens":64,"paceMs":20}'`.
 * Prints `{"url":"…"}` when it listens; `PUT /control` changes the settings.
 */
import { startModelServer } from './model-server.ts'

const server = await startModelServer({ isRecording: false, ...JSON.parse(process.argv[2] ?? '{}') })
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
process.once('SIGTERM', () => server[Symbol.asyncDispose]())

/** Files of a multipart request become sources, one by one: what is wrong with one is said, and the others go on. */
import { pipeline } from 'node:stream/promises'
import { Busboy, type BusboyFileStream } from '@fastify/busboy'
import type { UploadedFile } from '@mevichat/protocol/sources.ts'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { agrees, safeName, typeOfName } from './file-type.ts'
import { dropFile, type FilePorts, keepFile } from './files.ts'
import { addSource } from './sources.ts'
import type { BotJob } from './sync-rows.ts'

const maxFiles = 50
const maxBytes = 20 * 1024 * 1024

const problems = {
  unsupported_file_type: 'Only PDF, DOCX, MD, TXT, HTML, CSV and JSON files are read.',
  file_too_large: 'The file is larger than 20 MB.',
  file_invalid: 'The file is empty, or is not what its name says.',
  too_many_files: 'At most 50 files are taken at once.',
} as const

/** Throws `invalid_request` for what is no multipart form, or breaks off. */
export async function receiveFiles(
  ports: FilePorts & { db: Db },
  bot: BotJob,
  { raw, headers }: FastifyRequest,
): Promise<UploadedFile[]> {
  const type = headers['content-type']
  if (!type || !/^multipart\/form-data\s*;/i.test(type))
    throw fail('invalid_request', { headers: { connection: 'close' } })
  const limits = { files: maxFiles, fileSize: maxBytes, fields: 10, fieldSize: 1_000, headerPairs: 50 }
  const streams: BusboyFileStream[] = []
  const answers: Promise<UploadedFile>[] = []
  try {
    const form = new Busboy({ headers: { ...headers, 'content-type': type }, preservePath: true, limits })
    form.on('file', (_field, stream, name) => {
      streams.push(stream)
      // It may report the end of the form once more, after everybody has left.
      stream.on('error', () => {})
      const answer = receive(ports, bot, stream, safeName(name ?? ''), answers.at(-1))
      answer.catch(() => stream.resume())
      answers.push(answer)
    })
    form.on('filesLimit', () => answers.push(Promise.resolve(refusal('', 'too_many_files'))))
    await pipeline(raw, form)
  } catch (cause) {
    for (const stream of streams) stream.destroy()
    await Promise.allSettled(answers)
    throw fail('invalid_request', { cause, headers: { connection: 'close' } })
  }
  return Promise.all(answers)
}

async function receive(
  ports: FilePorts & { db: Db },
  bot: BotJob,
  stream: BusboyFileStream,
  name: string,
  before: Promise<unknown> | undefined,
): Promise<UploadedFile> {
  const taken = await take(ports, bot, stream, name)
  // Each waits for the one before at the bot's row: all at once they would take every connection to wait there.
  await before?.catch(() => {})
  if ('error' in taken) return taken
  return { name, source_id: await addSource(ports, bot.workspaceId, bot.botId, { kind: 'file', file: taken }) }
}

async function take(ports: FilePorts, bot: BotJob, stream: BusboyFileStream, name: string) {
  const type = typeOfName(name)
  if (type === null) {
    stream.resume()
    return refusal(name, 'unsupported_file_type')
  }
  const { id, bytes, start } = await keepFile(ports, bot, stream)
  const problem = stream.truncated ? 'file_too_large' : bytes === 0 || !agrees(name, start) ? 'file_invalid' : null
  if (!problem) return { id, name, bytes, type }
  await dropFile(ports, bot, id)
  return refusal(name, problem)
}

function refusal(name: string, error: keyof typeof problems) {
  return { name, error, detail: problems[error] }
}

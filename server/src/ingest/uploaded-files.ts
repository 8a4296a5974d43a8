/** What was uploaded, as documents. */
import { type FilePorts, readKeptFile } from '../sources/sources.ts'
import type { IngestPorts } from './ports.ts'
import { ReadProblem } from './read-problem.ts'

export function uploadedFiles(ports: FilePorts): IngestPorts['readFile'] {
  return async (bot, { id, type }) => {
    const body = await readKeptFile(ports, bot, id)
    if (!body) throw new ReadProblem('file_gone')
    return { url: null, contentType: type, charset: null, body }
  }
}

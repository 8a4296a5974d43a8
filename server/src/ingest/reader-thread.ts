/** The reader's thread: what it is given may be hostile, so it can be ended from outside at any moment. */
import { parentPort } from 'node:worker_threads'
import { chunk } from './chunk.ts'
import type { Document } from './document.ts'
import { extract } from './extract.ts'
import { scanPage } from './html-scan.ts'
import { ReadProblem } from './read-problem.ts'
import { readSitemap } from './sitemap.ts'

export type ReaderTask =
  | { extract: Document }
  | { chunk: string }
  | { scan: Document; robotsTag: string | null }
  | { sitemap: Uint8Array; site: string }
export type ReaderAnswer = { result: unknown } | { problem: string } | { error: string }

parentPort?.on('message', async (task: ReaderTask) => parentPort?.postMessage(await answerTo(task)))

function resultOf(task: ReaderTask): unknown {
  if ('extract' in task) return extract(task.extract)
  if ('scan' in task) return scanPage(task.scan, task.robotsTag)
  if ('sitemap' in task) return readSitemap(task.sitemap, task.site)
  return chunk(task.chunk)
}

async function answerTo(task: ReaderTask): Promise<ReaderAnswer> {
  try {
    return { result: await resultOf(task) }
  } catch (error) {
    if (error instanceof ReadProblem) return { problem: error.code }
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** The reader's thread: what it is given may be hostile, so it can be ended from outside at any moment. */
import { parentPort } from 'node:worker_threads'
import { chunk } from './chunk.ts'
import type { Document } from './document.ts'
import { extract } from './extract.ts'
import { ReadProblem } from './read-problem.ts'

export type ReaderTask = { extract: Document } | { chunk: string }
export type ReaderAnswer = { result: unknown } | { problem: string } | { error: string }

parentPort?.on('message', (task: ReaderTask) => parentPort?.postMessage(answerTo(task)))

function answerTo(task: ReaderTask): ReaderAnswer {
  try {
    return { result: 'extract' in task ? extract(task.extract) : chunk(task.chunk) }
  } catch (error) {
    if (error instanceof ReadProblem) return { problem: error.code }
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

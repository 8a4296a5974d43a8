/**
 * Reads documents in a thread of its own, with a limit of memory and of CPU time: a page that passes one is given up,
 * and the next page gets a new thread. The thread is kept between pages and let go when there is nothing to read.
 */
import { Worker } from 'node:worker_threads'
import type { Passage } from './chunk.ts'
import type { Document, Extract } from './document.ts'
import { kindOf } from './document-kind.ts'
import type { PageScan } from './html-scan.ts'
import { isReadProblemCode, ReadProblem } from './read-problem.ts'
import type { ReaderAnswer, ReaderTask } from './reader-thread.ts'
import type { Sitemap } from './sitemap.ts'

export interface Reader extends AsyncDisposable {
  /** Throws ReadProblem. */
  extract(document: Document): Promise<Extract>
  /** Throws ReadProblem. */
  chunk(markdown: string): Promise<Passage[]>
  /** What the page says to crawlers; `robotsTag` is its header `X-Robots-Tag`. Throws ReadProblem. */
  scan(document: Document, robotsTag: string | null): Promise<PageScan>
  /** `site` is the address whose registrable domain the entries must be of. Throws ReadProblem. */
  sitemap(body: Uint8Array, site: string): Promise<Sitemap>
}

export interface ReaderLimits {
  extractCpuMs: number
  /** For PDF, DOCX, CSV and JSON. */
  fileCpuMs: number
  chunkCpuMs: number
  memoryMb: number
  idleMs: number
}

/** Two million characters of the worst kind are cut in ten seconds; those of any other kind in half a second. */
const readerLimits: ReaderLimits = {
  extractCpuMs: 5_000,
  fileCpuMs: 30_000,
  chunkCpuMs: 15_000,
  memoryMb: 512,
  idleMs: 10_000,
}

const checkMs = 100
/** For a thread that waits for its turn on a busy machine, and so uses no CPU. */
const maxWallMs = 120_000

export function openReader(limits: ReaderLimits = readerLimits): Reader {
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()

  function release() {
    const released = worker
    worker = null
    return released?.terminate()
  }

  /** One task after the other, so that the CPU time used is that of the task. */
  function run<Result>(task: ReaderTask, maxCpuMs: number): Promise<Result> {
    const next = last.then(async () => {
      clearTimeout(idle)
      worker ??= startThread(limits)
      try {
        return (await runIn(worker, task, maxCpuMs)) as Result
      } catch (error) {
        if (!(error instanceof ReadProblem) || error.cause) await release()
        throw error
      } finally {
        idle = setTimeout(release, limits.idleMs).unref()
      }
    })
    last = next.catch(() => {})
    return next
  }

  return {
    extract: (document) => run({ extract: document }, isPage(document) ? limits.extractCpuMs : limits.fileCpuMs),
    chunk: (markdown) => run({ chunk: markdown }, limits.chunkCpuMs),
    scan: (document, robotsTag) => run({ scan: document, robotsTag }, limits.extractCpuMs),
    sitemap: (body, site) => run({ sitemap: body, site }, limits.chunkCpuMs),
    async [Symbol.asyncDispose]() {
      await last
      clearTimeout(idle)
      await release()
    },
  }
}

function isPage(document: Document): boolean {
  const kind = kindOf(document)
  return kind === 'html' || kind === 'text'
}

function startThread({ memoryMb }: ReaderLimits): Worker {
  const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 },
  })
  worker.unref()
  // Each `cpuUsage()` leaves a listener behind until the thread ends.
  worker.setMaxListeners(0)
  // One that was ended may still report an error, to nobody.
  worker.on('error', () => {})
  return worker
}

/** Throws a ReadProblem with a cause when the thread is of no more use. */
function runIn(worker: Worker, task: ReaderTask, maxCpuMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    let usedBefore: number | null = null
    const giveUp = (cause: unknown) => end(() => reject(new ReadProblem('too_complex', { cause })))

    const timer = setInterval(async () => {
      try {
        const { user, system } = await worker.cpuUsage()
        const usedMs = (user + system) / 1_000
        usedBefore ??= usedMs
        if (usedMs - usedBefore > maxCpuMs || performance.now() - began > maxWallMs)
          giveUp(new Error(`more than ${maxCpuMs} ms`))
      } catch {
        // It has just ended; its exit says so.
      }
    }, checkMs)
    const onMessage = (answer: ReaderAnswer) =>
      end(() => {
        if ('result' in answer) resolve(answer.result)
        else if ('problem' in answer && isReadProblemCode(answer.problem)) reject(new ReadProblem(answer.problem))
        else reject(new Error('error' in answer ? answer.error : 'the reader’s answer was not understood'))
      })
    const onExit = () => giveUp(new Error('the thread ended'))

    let isOver = false
    function end(settle: () => void) {
      if (isOver) return
      isOver = true
      clearInterval(timer)
      worker.off('message', onMessage).off('error', giveUp).off('exit', onExit)
      settle()
    }
    worker.on('message', onMessage).on('error', giveUp).on('exit', onExit)
    worker.postMessage(task, 'sitemap' in task ? whole(task.sitemap) : [])
  })
}

/** The memory of a large body is handed over instead of copied, where it holds nothing else. */
function whole({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 1_000_000 ? [buffer] : []
}

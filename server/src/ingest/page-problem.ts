/** Why a page is not read, for programs and in words, and whether that may pass. */
import { ModelError } from '../platform/models/models.ts'
import { FetchProblem } from '../platform/safe-fetch.ts'
import { ReadProblem, type ReadProblemCode } from './read-problem.ts'

const sentences = {
  robots: 'robots.txt of this site does not let us read this page.',
  noindex: 'The page says that it is not to be indexed (robots: noindex).',
  login: 'The page asks for a login.',
  duplicate: 'The page shows the same as',
  other_site: 'The address leads to another site:',
  over_cap: 'The cap of pages of the plan or of the source is reached.',
} as const

type PageProblemCode = keyof typeof sentences

/** What a page is left out for, though it could be read. */
export class PageProblem extends Error {
  readonly code: PageProblemCode

  constructor(code: PageProblemCode, address?: string) {
    super(address === undefined ? sentences[code] : `${sentences[code]} ${address}`)
    this.name = 'PageProblem'
    this.code = code
  }
}

export interface Explained {
  state: 'skipped' | 'failed'
  problem: string
  reason: string
  /** Whether another try later may succeed. */
  mayPass: boolean
  retryAfterMs: number | null
}

const readProblems: Partial<Record<ReadProblemCode, string>> = {
  no_text: 'empty',
  too_complex: 'too_large',
  too_long: 'too_large',
  too_many_pages: 'too_large',
}

export function explain(error: unknown): Explained {
  const lasting = { mayPass: false, retryAfterMs: null }
  if (error instanceof PageProblem) {
    const state = error.code === 'login' ? 'failed' : 'skipped'
    return { state, problem: error.code, reason: error.message, ...lasting }
  }
  if (error instanceof FetchProblem) {
    const { message: reason, isPassing: mayPass, retryAfterMs } = error
    return { state: 'failed', problem: problemOf(error), reason, mayPass, retryAfterMs }
  }
  if (error instanceof ReadProblem) {
    const problem = readProblems[error.code] ?? error.code
    return { state: problem === 'unsupported_type' ? 'skipped' : 'failed', problem, reason: error.message, ...lasting }
  }
  if (error instanceof ModelError) {
    const reason = `The embedding model ${error.code === 'llm_auth_failed' ? 'refused our key' : 'did not answer'}.`
    return { state: 'failed', problem: 'embedding', reason, mayPass: true, retryAfterMs: error.retryAfterMs }
  }
  const reason = 'Something went wrong on our side.'
  return { state: 'failed', problem: 'internal', reason, mayPass: true, retryAfterMs: null }
}

function problemOf({ code, status }: FetchProblem): string {
  if (status === 404 || status === 410) return 'not_found'
  if (status === 401 || status === 403) return 'login'
  return code
}

/** One JSON line an event. No message text, no secret and no whole IP address is ever given to it. */
import { DrizzleQueryError } from 'drizzle-orm/errors'
import { pino } from 'pino'

export type Log = Pick<ReturnType<typeof pino>, 'info' | 'warn' | 'error' | 'debug'>

/** To stdout; to stderr where stdout is for a result. */
export function openLog(to: 'stdout' | 'stderr' = 'stdout'): Log {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    serializers: { err: describeError },
  }
  return pino(options, pino.destination(to === 'stdout' ? 1 : 2))
}

/** What a log may hold of an error. A failed statement's own message repeats its parameters, which are what visitors wrote. */
export function describeError(error: unknown): string {
  if (error instanceof DrizzleQueryError) return describeError(error.cause)
  if (!isErrorLike(error)) return String(error)
  return error.stack ?? error.message
}

/** pg-boss gives copies of errors. */
function isErrorLike(error: unknown): error is Pick<Error, 'message' | 'stack'> {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}

export const silentLog: Log = pino({ level: 'silent' })

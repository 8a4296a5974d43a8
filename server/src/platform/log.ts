/** One JSON line an event. No message text, no secret and no whole IP address is ever given to it. */
import { pino } from 'pino'

export type Log = Pick<ReturnType<typeof pino>, 'info' | 'warn' | 'error' | 'debug'>

/** To stdout; to stderr where stdout is for a result. */
export function openLog(to: 'stdout' | 'stderr' = 'stdout'): Log {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  return pino(options, pino.destination(to === 'stdout' ? 1 : 2))
}

export const silentLog: Log = pino({ level: 'silent' })

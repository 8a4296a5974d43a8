/** One JSON line an event. No message text, no secret and no whole IP address is ever given to it. */
import { pino } from 'pino'

export type Log = Pick<ReturnType<typeof pino>, 'info' | 'warn' | 'error' | 'debug'>

export function openLog(): Log {
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } })
}

export const silentLog: Log = pino({ level: 'silent' })

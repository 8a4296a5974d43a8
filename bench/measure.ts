/** What the operating system says of a process. Linux alone has it in /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc's times: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU time, user and system, in milliseconds, of a process or of one of its threads. */
function cpuMsOf(statPath: string): number {
  // The name in parentheses may hold anything; times are the 14th and 15th fields (proc_pid_stat(5)).
  const fields = readFileSync(statPath, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** CPU of the process without that of threads named `without`, such as the embedded database's. */
export function cpuMs(pid: number, without: string | null = null): number {
  const whole = cpuMsOf(`/proc/${pid}/stat`)
  if (without === null) return whole
  const apart = threadsNamed(pid, without).map((tid) => cpuMsOf(`/proc/${pid}/task/${tid}/stat`))
  return whole - apart.reduce((sum, ms) => sum + ms, 0)
}

function threadsNamed(pid: number, name: string): string[] {
  return readdirSync(`/proc/${pid}/task`).filter(
    (tid) => readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim() === name,
  )
}

export function rssBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

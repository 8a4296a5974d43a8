/** Programs that a bench starts, each of which says where it listens in a line of JSON with a `url`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Program extends AsyncDisposable {
  pid: number
  url: string
  /** From the start of the process to that line. */
  readyMs: number
  /** Sends the signal and gives what the program says under `key` in its next line of JSON with one. */
  ask(signal: NodeJS.Signals, key: string): Promise<unknown>
}

const root = new URL('../', import.meta.url)

/** `script` is relative to the project's root, and so is `imported`, which runs before it. */
export async function startProgram(
  script: string,
  args: string[] = [],
  env: Record<string, string> = {},
  imported: string | null = null,
): Promise<Program> {
  const startedAt = performance.now()
  const flags = imported === null ? [] : ['--import', new URL(imported, root).href]
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL(script, root)), ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const listeners = new Map<string, (value: unknown) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {}
    if (said.level === 'error') process.stderr.write(`${line}\n`)
    for (const [key, listener] of listeners) {
      if (!(key in said)) continue
      listeners.delete(key)
      listener(said[key])
    }
  })
  const url = await new Promise<string>((resolve, reject) => {
    listeners.set('url', (value) => resolve(String(value)))
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it listened`)))
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${script} did not start`)
  return {
    pid,
    url,
    readyMs: performance.now() - startedAt,
    ask(signal, key) {
      return new Promise((resolve, reject) => {
        listeners.set(key, resolve)
        child.once('exit', () => reject(new Error(`${script} ended before it said ${key}`)))
        child.kill(signal)
      })
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGINT')
      await exited
    },
  }
}

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
}

/** `script` is relative to the project's root. */
export async function startProgram(
  script: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Program> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../${script}`, import.meta.url)), ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const said = line.startsWith('{') ? (JSON.parse(line) as { url?: string; msg?: string; level?: string }) : {}
      if (said.url) resolve(said.url)
      else if (said.level === 'error') process.stderr.write(`${line}\n`)
    })
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it listened`)))
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${script} did not start`)
  return {
    pid,
    url,
    readyMs: performance.now() - startedAt,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}

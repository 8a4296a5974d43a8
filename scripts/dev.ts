/** `npm run dev`: serves, and after each change builds what is stale and starts the server anew. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { isStale } from './build.ts'
import { run, say } from './setup.mjs'

/** An editor writes several files at once. */
const settleMs = 150

if (existsSync('.env')) process.loadEnvFile('.env')

let server: ChildProcess | undefined
let isStopping = false
let hasChanged = true
let wake = () => {}

async function stopServer(): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  // As Ctrl+C does: by SIGTERM it would wait for a balancer.
  server.kill('SIGINT')
  await exited
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopping = true
    wake()
  })
}
for (const folder of ['protocol/src', 'server/src', 'server/migrations', 'widget/src', 'dashboard/src', 'docs/guide']) {
  watch(folder, { recursive: true }, () => {
    hasChanged = true
    wake()
  })
}

while (!isStopping) {
  if (hasChanged) {
    hasChanged = false
    const isBuilt = !isStale() || (await run(process.execPath, ['scripts/build.ts', '--if-stale'])) === 0
    await stopServer()
    if (isBuilt) server = spawn(process.execPath, ['server/src/main.ts', 'all'], { stdio: 'inherit' })
    else say('The build failed; waiting for a change …')
  }
  await new Promise<void>((resolve) => {
    wake = resolve
    if (hasChanged || isStopping) resolve()
  })
  await new Promise((resolve) => setTimeout(resolve, settleMs))
}
await stopServer()
// The watches would keep it going.
process.exit()

/** `mevichat ROLE` with the settings of `.env`; what serves pages has its front ends built first when they are stale. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isStale } from './build.ts'
import { run } from './setup.mjs'

if (existsSync('.env')) process.loadEnvFile('.env')
// npm works in the project's folder, and says where it was called.
const [, , role, file] = process.argv
if (role === 'seed' && file) process.argv[3] = resolve(process.env.INIT_CWD ?? '', file)
const servesPages = ['all', 'web', undefined].includes(role)
// In a process of its own: the bundler would stay in the server's memory.
const exitCode = servesPages && isStale() ? await run(process.execPath, ['scripts/build.ts', '--if-stale']) : 0
if (exitCode === 0) await import('../server/src/main.ts')
else process.exitCode = exitCode

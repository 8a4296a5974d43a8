#!/usr/bin/env node
/** `mevichat all | web | worker | migrate | seed FILE | doctor` */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `Mevichat runs on Node 24; this is ${process.versions.node}. Start it with "npm start", which brings its own.\n`,
  )
  process.exit(1)
}
// Not in the shared temporary directory, its default, where another user could write.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/compile'))

// Imported late, so that the cache serves what follows.
const { run } = await import('./roles.ts')
process.exitCode = await run(process.argv.slice(2), process.env)

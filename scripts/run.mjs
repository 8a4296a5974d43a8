/**
 * `node scripts/run.mjs FILE.ts [ARGUMENT …]` runs a file of the project on the project's own Node 24, installing what is
 * missing first. Plain JavaScript: it is all that has to run on any Node from 20.19 on.
 */
import module from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install, isInstalled, newNode, oldestNode, root, run, say } from './setup.mjs'

const [file = '', ...args] = process.argv.slice(2)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

process.chdir(root)
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Mevichat needs Node ${oldestNode} or newer to start; this is ${process.versions.node}.`)
  process.exit(1)
}
if (!isInstalled()) await install()
if (major < 24) {
  process.exitCode = await run(newNode(), [fileURLToPath(import.meta.url), file, ...args])
} else {
  // In this very process: signals and the exit code are the file's own, and nothing stands idle beside it.
  module.enableCompileCache(join(root, 'node_modules/.cache/compile'))
  process.argv = [process.execPath, resolve(file), ...args]
  await import(pathToFileURL(resolve(file)).href)
}

/** What a fresh clone lacks: the packages, and among them the Node that runs everything else. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const oldestNode = '20.19'

/** To stderr: stdout belongs to what is run. @param {string} sentence */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`)
}

/** Whether node_modules holds what package-lock.json asks for, by npm's own record of it. */
export function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json')
  return existsSync(record) && isSatisfied(packagesOf(join(root, 'package-lock.json')), packagesOf(record))
}

/** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages */

/** @param {string} path @returns {Packages} */
function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/** What is optional may be absent: it is for other platforms. @param {Packages} wanted @param {Packages} installed */
export function isSatisfied(wanted, installed) {
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const found = installed[path]
    return path === '' || (found ? found.version === version : optional)
  })
}

/** The last signal that came while a command ran. @type {NodeJS.Signals | null} */
let stoppedBy = null

/** Ends the process with npm's exit code when it fails, and at once when it is told to stop. */
export async function install() {
  say('Installing what is missing; the first time takes about half a minute …')
  // Without install scripts, and with the tools that build the front ends, whatever NODE_ENV says.
  const options = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund']
  if ((await npm(['ci', '--loglevel=silent', '--fetch-retries=1', ...options])) === 0) return
  if (stoppedBy) process.exit(128 + constants.signals[stoppedBy])
  // A registry that lacks packages for other platforms can make `npm ci` refuse. What is truly wrong, this one says too.
  say('That did not work; trying in another way …')
  const code = await npm(['install', '--no-save', '--loglevel=error', ...options])
  if (code === 0) return
  if (!stoppedBy)
    say('The packages could not be installed: npm says above why. Check the network, then run this again.')
  process.exit(code)
}

/**
 * npm on the Node that runs npm: the one inside node_modules, which may be running this, goes away while npm works.
 * @param {string[]} args
 */
export function npm(args) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = ['ignore', 2, 2]
  return cli && node
    ? run(node, [cli, ...args], { stdio })
    : run('npm', args, { stdio, shell: process.platform === 'win32' })
}

/** The path of Node 24, which npm brings as a package. Ends the process where there is none. */
export function newNode() {
  const [platform, suffix] = process.platform === 'win32' ? ['win', '.exe'] : [process.platform, '']
  const name = `node-${platform}-${process.arch}`
  const path = join(root, 'node_modules', name, 'bin', `node${suffix}`)
  if (existsSync(path)) return path
  say(`Mevichat runs on Node 24, and npm has no package "${name}". Install Node 24 and try again.`)
  return process.exit(1)
}

/**
 * Runs a command to its end, passing signals on, and gives its exit code.
 * @param {string} command @param {string[]} args @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    stoppedBy = signal
    // A terminal has told the child already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, pass)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}

/** The parts of `npm run check`: each finds one kind of fault and says what mends it. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { generated } from '../generated/generated.ts'
import { boundaryFaults } from './boundaries.ts'
import { sourceProblems } from './sources.ts'

export interface Part {
  name: string
  /** What to do when it fails. */
  remedy: string
  /** What is wrong; empty when nothing is. */
  findFaults(): Promise<string>
}

/** A command whose exit code says whether there are faults and whose output says which. */
function command(file: string, ...args: string[]): () => Promise<string> {
  return async () => {
    const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, FORCE_COLOR: '0' } })
    const output: Buffer[] = []
    child.stdout.on('data', (bytes) => output.push(bytes))
    child.stderr.on('data', (bytes) => output.push(bytes))
    const { promise, resolve, reject } = Promise.withResolvers<number | null>()
    child.once('error', reject)
    child.once('close', resolve)
    const code = await promise
    return code === 0 ? '' : Buffer.concat(output).toString().trim() || `${file} ended with ${code}`
  }
}

async function staleFiles(): Promise<string> {
  const stale = Object.entries(generated).filter(
    ([path, make]) => !existsSync(path) || readFileSync(path, 'utf8') !== make(),
  )
  return stale.map(([path]) => `${path} is not what it is made from`).join('\n')
}

export const parts: Part[] = [
  {
    name: 'types',
    remedy: 'Mend them by hand.',
    findFaults: command('node_modules/typescript-7/bin/tsc', '--project', '.'),
  },
  {
    name: 'format and lint',
    remedy: '`npm run format` mends what can be mended by machine.',
    findFaults: command('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  },
  {
    name: 'boundaries',
    remedy: 'Who may import whom, and why, is in .dependency-cruiser.cjs and ARCHITECTURE.md.',
    findFaults: () => boundaryFaults('.'),
  },
  {
    name: 'unused code',
    remedy: 'Remove it, or name it as an entry in knip.jsonc if something else starts it.',
    findFaults: command('node_modules/knip/bin/knip.js', '--no-progress'),
  },
  {
    name: 'front ends',
    remedy: 'Mend the build, or make what it ships lighter: the budgets are in scripts/build.ts.',
    findFaults: command('scripts/build.ts', '--if-stale'),
  },
  { name: 'generated files', remedy: '`npm run generate` writes them anew.', findFaults: staleFiles },
  {
    name: 'sources',
    remedy: 'Split what is too long; let the project speak of itself alone.',
    findFaults: async () => sourceProblems().join('\n'),
  },
]

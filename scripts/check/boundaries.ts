/** Holds every import to `.dependency-cruiser.cjs`, and the tool itself to having read every file. */
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cruise, format, type ICruiseResult } from 'dependency-cruiser'
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config'
import extractTypescript from 'dependency-cruiser/config-utl/extract-ts-config'

const pattern = '{protocol,server,widget,dashboard,e2e,bench}/**/*.{ts,tsx}'
const outside = /node_modules|\/dist\/|\/scratch\//

/** What is wrong in the tree under `folder`, for people; empty when nothing is. */
export async function boundaryFaults(folder: string): Promise<string> {
  const result = await cruiseAll(folder)
  const seen = new Set(result.modules.map((module) => module.source))
  const unread = sourcesOf(folder).filter((file) => !seen.has(file))
  // With a TypeScript that it cannot use, the tool reads nothing and is content.
  if (unread.length > 0 || result.summary.totalDependenciesCruised === 0)
    return `Unread files, so that nothing is known of them: ${unread.join(', ') || 'all'}`
  if (result.summary.error === 0) return ''
  return String((await format(result, { outputType: 'err-long' })).output)
}

export async function cruiseAll(folder: string): Promise<ICruiseResult> {
  const { forbidden = [], options = {} } = await extractConfig(resolve('.dependency-cruiser.cjs'))
  const { output } = await cruise(
    sourcesOf(folder),
    { ...options, baseDir: resolve(folder), ruleSet: { forbidden }, validate: true },
    {},
    { tsConfig: extractTypescript(join(folder, 'tsconfig.json')) },
  )
  if (typeof output === 'string') throw new Error(output)
  return output
}

function sourcesOf(folder: string): string[] {
  return globSync(pattern, { cwd: folder, exclude: (path) => outside.test(`/${path}/`) })
}

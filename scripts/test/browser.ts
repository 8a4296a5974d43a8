/** A Chromium for the tests: the one on the PATH, else one from npm that stays inside the checkout. */
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { npm, root, run, say } from '../setup.mjs'

const packaged = '@sparticuz/chromium@153.0.0'

/** The path of an executable. Throws when there is none and npm cannot bring one. */
export async function findBrowser(env: NodeJS.ProcessEnv): Promise<string> {
  return env.MEVICHAT_TEST_BROWSER || onPath(env.PATH ?? '') || (await fromNpm(join(root, '.cache/browser')))
}

function onPath(path: string): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  return names.flatMap((name) => path.split(delimiter).map((folder) => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function fromNpm(home: string): Promise<string> {
  const launcher = join(home, 'chromium.sh')
  if (existsSync(launcher)) return launcher
  // Without the launcher it is what an interrupted attempt left.
  rmSync(home, { recursive: true, force: true })
  say('There is no chromium on the PATH; npm brings one into .cache/browser (67 MB) …')
  const code = await npm(['install', '--prefix', home, '--no-save', '--ignore-scripts', '--loglevel=error', packaged])
  if (code !== 0) throw new Error('There is no browser for the tests: install chromium and try again.')
  // It unpacks itself, and for this runtime also the libraries that a bare system lacks, into the temporary directory.
  const unpack = "const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath()"
  await run(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: home,
    env: { ...process.env, TMPDIR: home, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
  })
  // Its own fonts are looked for where it was not unpacked; without any, text has no size.
  const fonts = `<dir>${home}/fonts</dir><cachedir>${home}/fonts-cache</cachedir>`
  writeFileSync(join(home, 'fonts.conf'), `<fontconfig>${fonts}</fontconfig>\n`)
  const variables = `LD_LIBRARY_PATH='${home}/al2023/lib' FONTCONFIG_FILE='${home}/fonts.conf'`
  writeFileSync(launcher, `#!/bin/sh\n${variables} exec '${home}/chromium' "$@"\n`, { mode: 0o755 })
  return launcher
}

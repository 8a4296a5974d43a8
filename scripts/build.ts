/** Builds the front ends and refuses what is heavier than its budget: `node scripts/build.ts [--if-stale]`. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Rolldown, UserConfig } from 'vite'

const root = join(import.meta.dirname, '..')
const out = join(root, 'widget/dist')
/** Built aside and moved into place whole: a server or a test beside it never sees half a build. */
const draft = join(root, `.cache/widget-${process.pid}`)
const stamp = 'inputs.sha256'
const inputs = ['widget/src/**/*.{ts,css}', 'protocol/src/*.ts', 'scripts/build.ts', 'package-lock.json']

/** Bytes after gzip, level 9. `first answer` is all that an English visitor has loaded when the first answer stands. */
const budgets = { loader: 3_000, 'first answer': 15_000 }

/** Whether an input changed since the last build, judged by content: a checkout changes times, not bytes. */
export function isStale(): boolean {
  try {
    return readFileSync(join(out, stamp), 'utf8') !== inputHash()
  } catch {
    return true
  }
}

/** Builds `widget/dist/widget.js` and `widget/dist/widget/*-<hash>.js`. Throws when a budget is exceeded. */
export async function buildFrontEnds(): Promise<void> {
  const panel = await bundle({
    build: {
      // As a library: an application's `import()` would bring a preloader of a kilobyte.
      lib: { entry: join(root, 'widget/src/panel.ts'), formats: ['es'] },
      rolldownOptions: {
        output: { minify: true, entryFileNames: 'widget/panel-[hash].js', chunkFileNames: 'widget/[name]-[hash].js' },
      },
    },
  })
  const entry = panel.find((chunk) => chunk.isEntry)
  if (!entry) throw new Error('The panel has no entry.')
  const loader = await bundle({
    define: { panelPath: JSON.stringify(`/${entry.fileName}`) },
    build: {
      rolldownOptions: {
        input: join(root, 'widget/src/loader.ts'),
        output: { format: 'iife', entryFileNames: 'widget.js' },
      },
    },
  })
  weigh([...loader, ...panel])
  writeFileSync(join(draft, stamp), inputHash())
  rmSync(out, { recursive: true, force: true })
  renameSync(draft, out)
}

async function bundle(config: UserConfig): Promise<Rolldown.OutputChunk[]> {
  // Imported late: each start asks whether the build is stale, and most find that it is not.
  const { build } = await import('vite')
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    ...config,
    build: {
      outDir: draft,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      ...config.build,
    },
  })
  const outputs = Array.isArray(result) ? result : [result]
  return outputs.flatMap((one) => ('output' in one ? one.output.filter((file) => file.type === 'chunk') : []))
}

function weigh(chunks: Rolldown.OutputChunk[]): void {
  const sizes = chunks.map((chunk) => ({ name: chunk.fileName, bytes: gzipSync(chunk.code, { level: 9 }).length }))
  const size = (match: (name: string) => boolean) =>
    sizes.filter(({ name }) => match(name)).reduce((sum, { bytes }) => sum + bytes, 0)
  const isLoader = (name: string) => name === 'widget.js'
  const rows = {
    loader: size(isLoader),
    'first answer': size((name) => isLoader(name) || basename(name).startsWith('panel-')),
  }
  for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(7)} B gzip  ${name}`)
  for (const [name, bytes] of Object.entries(rows)) {
    const budget = budgets[name as keyof typeof budgets]
    console.log(`${String(bytes).padStart(7)} B of ${budget} B  ${name}`)
    if (bytes > budget)
      throw new Error(`The widget's budget is exceeded: ${name} is ${bytes} bytes, ${budget} are allowed.`)
  }
}

function inputHash(): string {
  const hash = createHash('sha256')
  for (const file of globSync(inputs, { cwd: root }).sort()) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

if (process.argv[1] === import.meta.filename && !(process.argv.includes('--if-stale') && !isStale()))
  await buildFrontEnds()

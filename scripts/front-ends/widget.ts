/** Builds `widget.js` and `widget/*-<hash>.js` into a folder; `first answer` is all that an English visitor has loaded when it stands. */
import { basename, join } from 'node:path'
import type { Rolldown } from 'vite'
import { bundle, root } from './bundle.ts'

export const widgetInputs = ['widget/src/**/*.{ts,css}', 'protocol/src/*.ts']
/** Bytes after gzip. */
export const widgetBudgets = { loader: 3_000, 'first answer': 15_000 }

export async function buildWidget(outDir: string): Promise<Rolldown.OutputChunk[]> {
  const panel = await bundle({
    build: {
      outDir,
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
      outDir,
      rolldownOptions: {
        input: join(root, 'widget/src/loader.ts'),
        output: { format: 'iife', entryFileNames: 'widget.js' },
      },
    },
  })
  return [...loader, ...panel]
}

const isLoader = ({ fileName }: Rolldown.OutputChunk) => fileName === 'widget.js'

/** Which scripts count against which budget. */
export function weighWidget(
  chunks: Rolldown.OutputChunk[],
): Record<keyof typeof widgetBudgets, Rolldown.OutputChunk[]> {
  return {
    loader: chunks.filter(isLoader),
    'first answer': chunks.filter((chunk) => isLoader(chunk) || basename(chunk.fileName).startsWith('panel-')),
  }
}

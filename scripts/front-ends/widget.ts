/**
 * Builds `widget.js` and `widget/*-<hash>.js` into a folder; `first answer` is all that
 * an English visitor must have loaded to read the first words of an answer, `all` what there is for them.
 */
import { join } from 'node:path'
import type { Rolldown } from 'vite'
import { bundle, root } from './bundle.ts'

export const widgetInputs = ['widget/src/**/*.{ts,css}', 'protocol/src/*.ts']
/** Bytes after gzip. */
export const widgetBudgets = { loader: 2_500, 'first answer': 13_600, all: 18_000 }

export async function buildWidget(outDir: string): Promise<Rolldown.OutputChunk[]> {
  const panel = await bundle({
    build: {
      outDir,
      // What browsers of the widget's own minimum understand needs no second form.
      cssTarget: 'esnext',
      // As a library: an application's `import()` would bring a preloader of a kilobyte.
      lib: { entry: join(root, 'widget/src/panel.ts'), formats: ['es'] },
      rolldownOptions: {
        // What a later chunk shares with the panel stays in the panel.
        preserveEntrySignatures: 'allow-extension',
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

/** Which scripts count against which budget. Nothing that the panel imports outright is a file of its own. */
export function weighWidget(
  chunks: Rolldown.OutputChunk[],
): Record<keyof typeof widgetBudgets, Rolldown.OutputChunk[]> {
  const named = (...names: string[]) => chunks.filter(({ fileName }) => names.some((name) => fileName.includes(name)))
  const firstAnswer = named('widget.js', 'widget/panel-')
  const unweighed = firstAnswer.flatMap((chunk) => chunk.imports)
  if (unweighed.length) throw new Error(`The panel imports ${unweighed}, which nothing weighs.`)
  return { loader: named('widget.js'), 'first answer': firstAnswer, all: [...firstAnswer, ...named('widget/later-')] }
}

/** Builds the dashboard into a folder: its pages, with a place for the nonce, and their hashed assets. */
import { join } from 'node:path'
import type { Rolldown } from 'vite'
import { bundle, root } from './bundle.ts'

export const dashboardInputs = ['dashboard/*.html', 'dashboard/src/**/*.{ts,tsx,css}', 'protocol/src/*.ts']
/** Bytes after gzip of the scripts that any first page needs. */
export const dashboardBudgets = { 'first load': 180_000 }

export async function buildDashboard(outDir: string): Promise<Rolldown.OutputChunk[]> {
  const [{ default: react }, { default: tailwind }] = await Promise.all([
    import('@vitejs/plugin-react'),
    import('@tailwindcss/vite'),
  ])
  return bundle({
    root: join(root, 'dashboard'),
    base: '/app/',
    plugins: [react(), tailwind()],
    html: { cspNonce: '{{nonce}}' },
    build: {
      outDir,
      assetsDir: 'assets',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: ['index', 'preview'].map((page) => join(root, `dashboard/${page}.html`)) },
    },
  })
}

/** The entry with all that it imports outright. */
export function weighDashboard(
  chunks: Rolldown.OutputChunk[],
): Record<keyof typeof dashboardBudgets, Rolldown.OutputChunk[]> {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const loaded = new Set(chunks.filter((chunk) => chunk.isEntry && chunk.name === 'index'))
  for (const chunk of loaded) {
    for (const name of chunk.imports) {
      const imported = byName.get(name)
      if (imported) loaded.add(imported)
    }
  }
  return { 'first load': [...loaded] }
}
